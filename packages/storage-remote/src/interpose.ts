import type { Path, ReadOptions, RemoteLister, RemoteReader, RemoteWriter, WriteOptions } from "./port.ts";

/** What a wrapper can stand in front of. One object may be several of these. */
export type RemotePort = RemoteReader | RemoteWriter | RemoteLister;

/** The ports that `P` is: what a wrapper around it is as well. */
export type Wrapped<P extends RemotePort> = (P extends RemoteReader ? RemoteReader : unknown) &
  (P extends RemoteWriter ? RemoteWriter : unknown) &
  (P extends RemoteLister ? RemoteLister : unknown);

/** One request, as wrappers see it. */
export type PortCall =
  | { readonly op: "get"; readonly path: Path; readonly options: ReadOptions }
  | { readonly op: "put"; readonly path: Path; readonly bytes: Uint8Array; readonly options: WriteOptions }
  | { readonly op: "delete"; readonly path: Path; readonly options: { readonly signal?: AbortSignal } }
  | { readonly op: "list"; readonly options: { readonly after?: Path; readonly limit: number; readonly signal?: AbortSignal } };

/** Runs one request; `signal` takes the place of the caller's. */
export type Around = <T>(call: PortCall, run: (signal: AbortSignal | undefined) => Promise<T>) => Promise<T>;

function withSignal<O extends { readonly signal?: AbortSignal }>(options: O, signal: AbortSignal | undefined): O {
  return signal === undefined || signal === options.signal ? options : { ...options, signal };
}

/** `port` with `around` about each of its requests. */
export function interpose<P extends RemotePort>(port: P, around: Around): Wrapped<P> {
  const made: Partial<RemoteReader & RemoteWriter & RemoteLister> = {
    ...("read" in port && {
      read: (path, options) => around({ op: "get", path, options }, (signal) => port.read(path, withSignal(options, signal))),
    }),
    ...("write" in port && {
      checksClock: port.checksClock,
      write: (path, bytes, options = {}) =>
        around({ op: "put", path, bytes, options }, (signal) => port.write(path, bytes, withSignal(options, signal))),
      remove: (path, options = {}) => around({ op: "delete", path, options }, (signal) => port.remove(path, withSignal(options, signal))),
    }),
    ...("list" in port && {
      list: (options) => around({ op: "list", options }, (signal) => port.list(withSignal(options, signal))),
    }),
  } satisfies Partial<RemoteReader & RemoteWriter & RemoteLister>;
  return made as Wrapped<P>;
}
