/** When an intervention changes nothing. */

/** Total variation distance up to which an output counts as the same, as in ../../views. */
export const NEXT_TO_NOTHING = 0.01;

/** Return whether interventions leave the output as it is. @param {number[]} distances total variation, 0-1 */
export const changeNothing = (distances) => distances.every((distance) => distance <= NEXT_TO_NOTHING);
