import type { CommitResult, LocalRecord, LocalStore, Revision } from "../port.ts";
import { StorageLocalError, type StorageLocalErrorCode } from "../storage-local-error.ts";

/** Where one store's content lives: a file, a database. */
export interface Place {
  /** A further handle on the same content, as another process or tab would open it. */
  open(): Promise<LocalStore>;
  /** Closes what is still open and removes the content. */
  dispose(): Promise<void>;
}

export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

export type Test = (place: Place) => Promise<void>;

export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`conformance: ${what}`);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(a === b, `${what}: ${a} instead of ${b}`);
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (record: LocalRecord | undefined): string | undefined => record && new TextDecoder().decode(record.bytes);

/** Names with texts, `null` to remove; `expected` as the port has it. */
export function write(
  store: LocalStore,
  changes: Readonly<Record<string, string | null>>,
  expected: Readonly<Record<string, Revision | null>> = {},
): Promise<CommitResult> {
  const put = new Map<string, Uint8Array>();
  const remove = new Set<string>();
  for (const [name, text] of Object.entries(changes)) {
    if (text === null) remove.add(name);
    else put.set(name, ascii(text));
  }
  return store.commit({ expected: new Map(Object.entries(expected)), put, remove });
}

export async function read(store: LocalStore, name: string): Promise<LocalRecord | undefined> {
  return (await store.load([name])).get(name);
}

export async function revisionOf(store: LocalStore, name: string): Promise<Revision> {
  const record = await read(store, name);
  check(record !== undefined, "a record that was put is missing");
  return record.revision;
}

/** All names and texts, in order. */
export async function contents(store: LocalStore): Promise<readonly (readonly [string, string | undefined])[]> {
  return (await store.scan("", { limit: 1_000_000 })).map((record) => [record.name, textOf(record)] as const);
}

export async function failsWith(code: StorageLocalErrorCode, what: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    check(error instanceof StorageLocalError && error.code === code, `${what}: ${String(error)} instead of the code ${code}`);
    return;
  }
  check(false, `${what}: no error`);
}
