/** The files of a static build, unpacked and compared with their digests: fetched from where the page lies, or inlined in it. */

/**
 * @typedef {object} Place where files lie; a worker can be told of it
 * @property {Record<string, string>} digests SHA-256 of each file
 * @property {string} [root] address of the site, with a slash at its end
 * @property {Record<string, string>} [inlined] each file in base64, where they are not fetched
 */

import { packedFile } from "./unpack.js";

export class Files {
  /** @param {Place} place */
  constructor(place) {
    this.place = place;
  }

  /** Return the files of a site. @param {string} root its address */
  static async at(root) {
    const answer = await fetch(`${root}files.json`, { cache: "no-cache" });
    if (!answer.ok) throw new Error("The list of this page's files is missing: load the page again.");
    return new Files({ root, digests: await answer.json() });
  }

  /** Return the address of a file that is not packed. @param {string} name */
  url(name) {
    const { root, inlined } = this.place;
    return inlined ? URL.createObjectURL(new Blob([decoded(inlined[name])], { type: "text/javascript" })) : root + name;
  }

  /** Whether the files stand in the page itself. */
  get inlined() {
    return this.place.inlined !== undefined;
  }

  /** Return whether there is a file. @param {string} name without the ending of a packed file */
  has(name) {
    return packedFile(name, this.place.digests).packed in this.place.digests;
  }

  /**
   * Return the bytes of a file, unpacked.
   * @param {string} name without the ending of a packed file @param {(loaded: number) => void} [onBytes] is told of packed bytes as they come
   * @throws {Error} with a sentence, where it cannot be had or is not what it should be
   */
  async bytes(name, onBytes = () => {}) {
    const { digests, inlined } = this.place;
    const { packed, unpack } = packedFile(name, digests);
    const bytes = inlined ? decoded(inlined[packed]) : await this.#fetched(packed, onBytes);
    const digest = hexadecimal(await crypto.subtle.digest("SHA-256", bytes));
    if (digest !== digests[packed]) throw new Error(`The file ${packed} is damaged or of another version: load the page again.`);
    return unpack(bytes);
  }

  /** Return a file of JSON. @param {string} name */
  async json(name) {
    return JSON.parse(new TextDecoder().decode(await this.bytes(name)));
  }

  /** @param {string} name @param {(loaded: number) => void} onBytes */
  async #fetched(name, onBytes) {
    const answer = await fetch(this.url(name)).catch(() => null);
    if (!answer?.ok || !answer.body) throw new Error(`The file ${name} cannot be fetched: check the connection and try again.`);
    const parts = [];
    const reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      onBytes(part.value.length);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }
}

/** @param {string} base64 */
function decoded(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i); // several times as fast as Uint8Array.from
  return bytes;
}

/** @param {ArrayBuffer} buffer */
function hexadecimal(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
