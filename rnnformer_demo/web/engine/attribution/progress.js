/** Progress reports of an attribution. */

/**
 * Return a function that adds rows up and reports their share of the expected ones.
 * @param {number} rows @param {(share: number) => void} report
 */
export function countedRows(rows, report) {
  let done = 0;
  return (/** @type {number} */ more) => {
    done += more;
    report(Math.min(1, done / rows));
  };
}
