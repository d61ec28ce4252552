import { CryptoError } from "./crypto-error.ts";

/** A handle that gives out its key once. It shows nothing when inspected. */
export class SingleUse<T> {
  #value: T | undefined;
  #used = false;

  constructor(value: T) {
    this.#value = value;
  }

  get used(): boolean {
    return this.#used;
  }

  /** The key, which from now on is the caller's to erase. Throws `key-used` the second time. */
  take(): T {
    if (this.#used) throw new CryptoError("key-used", "this key was used already");
    const value = this.#value as T;
    this.#used = true;
    this.#value = undefined;
    return value;
  }
}
