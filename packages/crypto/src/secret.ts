/**
 * Bytes that must never be shown: a `Uint8Array` whose inspection, JSON and string forms are redacted.
 * Slices of a secret are secrets. Written once: what a provider derived from it is kept beside it until it is erased,
 * so a secret is replaced, never edited in place.
 */
export class Secret extends Uint8Array {
  #forms: Map<object, object> | undefined;

  /**
   * The form that `owner` made of `key`, made at the first call and kept as long as the key object lives. Importing a private key
   * costs as much as using it, and the ratchet uses each of its own twice. A plain `Uint8Array` has no place for it: made each time.
   * A form's `erase`, if it has one, is called when the key is erased.
   * @internal
   */
  static form<T extends object>(key: Uint8Array, owner: object, make: () => T): T {
    if (!(key instanceof Secret)) return make();
    const known = key.#forms?.get(owner) as T | undefined;
    if (known !== undefined) return known;
    const made = make();
    key.#forms ??= new Map();
    key.#forms.set(owner, made);
    return made;
  }

  /** Overwrites, and drops what was derived from the former bytes. */
  override fill(value: number, start?: number, end?: number): this {
    this.#dropForms();
    return super.fill(value, start, end);
  }

  /** As `fill`. */
  override set(bytes: ArrayLike<number>, offset?: number): void {
    this.#dropForms();
    super.set(bytes, offset);
  }

  #dropForms(): void {
    for (const form of this.#forms?.values() ?? []) (form as { erase?(): void }).erase?.();
    this.#forms = undefined;
  }

  override toString(): string {
    return `[secret, ${this.length} bytes]`;
  }
  override toLocaleString(): string {
    return this.toString();
  }
  override join(): string {
    return this.toString();
  }
  toJSON(): string {
    return this.toString();
  }

  // What Node's inspection and its console ask for; a computed member could not stand in a declaration file.
  static {
    const show = function (this: Secret): string {
      return this.toString();
    };
    Object.defineProperty(Secret.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: show });
  }
}

/** A secret copy of `bytes`. */
export function secret(bytes: Uint8Array): Secret {
  return new Secret(bytes);
}

/** Overwrites with zeros. The language gives no promise that no other copy exists. */
export function erase(...secrets: readonly Uint8Array[]): void {
  for (const bytes of secrets) bytes.fill(0);
}
