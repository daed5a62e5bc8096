/** Pieces of work side by side. */

/**
 * Do pieces of work, some at a time; what one of them throws ends those that have not begun.
 * @template Piece, Answer
 * @param {Piece[]} pieces @param {number} lanes the most that are done at once
 * @param {(piece: Piece, place: number) => Promise<Answer>} work
 * @returns {Promise<Answer[]>} in the order of the pieces
 */
export async function sideBySide(pieces, lanes, work) {
  /** @type {Answer[]} */
  const answers = new Array(pieces.length);
  let next = 0;
  const lane = async () => {
    while (next < pieces.length) {
      const place = next;
      next += 1;
      try {
        answers[place] = await work(pieces[place], place);
      } catch (error) {
        next = pieces.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, pieces.length) }, lane));
  return answers;
}
