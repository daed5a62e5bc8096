/** What the browser keeps: choices for good, results as long as the tab is open. It may forbid both: then nothing is kept. */

/** Return what is kept; null where there is nothing. @param {string} name @param {boolean} [session] @returns {string | null} */
export function stored(name, session = false) {
  try {
    return (session ? sessionStorage : localStorage).getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text. @param {string} name @param {string} value @param {boolean} [session] */
export function keep(name, value, session = false) {
  try {
    (session ? sessionStorage : localStorage).setItem(name, value);
  } catch {
    forget(name, session); // no room: what was kept before is out of date
  }
}

function forget(name, session) {
  try {
    (session ? sessionStorage : localStorage).removeItem(name);
  } catch {
    // Forbidden: there is nothing to forget.
  }
}
