/** The files of a static build: fetched from where the page lies, unpacked, and compared with the digests of its list. */

import { packedFile } from "./unpack.js";

export class Files {
  /** @param {string} root address of the site, with a slash at its end @param {Record<string, string>} digests */
  constructor(root, digests) {
    this.root = root;
    this.digests = digests;
  }

  /** Return the files of a site. @param {string} root its address */
  static async at(root) {
    const answer = await fetch(`${root}files.json`, { cache: "no-cache" });
    if (!answer.ok) throw new Error("The list of this page's files is missing: load the page again.");
    return new Files(root, await answer.json());
  }

  /** Return the address of a file. @param {string} name */
  url(name) {
    return this.root + name;
  }

  /**
   * Return the bytes of a file, unpacked.
   * @param {string} name without the ending of a packed file @param {(loaded: number) => void} [onBytes] is told of packed bytes as they come
   * @throws {Error} with a sentence, where it cannot be had or is not what it should be
   */
  async bytes(name, onBytes = () => {}) {
    const { packed, unpack } = packedFile(name, this.digests);
    const bytes = await this.#fetched(packed, onBytes);
    const digest = hexadecimal(await crypto.subtle.digest("SHA-256", bytes));
    if (digest !== this.digests[packed]) throw new Error(`The file ${packed} is damaged or of another version: load the page again.`);
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

/** @param {ArrayBuffer} buffer */
function hexadecimal(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
