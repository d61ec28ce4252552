import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import type { ProviderProfile } from "./core/profile.ts";
import type { KeyGrant, Place } from "./core/rights.ts";
import { encodeXml } from "./core/xml.ts";
import { lockDirectory } from "./disk/directory-lock.ts";
import { type DiskSettings, hasCode } from "./disk/durable.ts";
import { ObjectStore } from "./disk/object-store.ts";
import { UploadStore } from "./disk/upload-store.ts";
import { defaultMaxObjectBytes } from "./exchange.ts";
import { Faults } from "./faults.ts";
import { KeyRing } from "./key-ring.ts";
import { createMailbox, type MailboxKeys, prepareDataDir } from "./mailbox.ts";
import { type LogEntry, respond } from "./respond.ts";
import { S3ServerError } from "./s3-server-error.ts";
import { type ServerClock, systemClock } from "./system-clock.ts";
import { systemRandomBytes } from "./system-random.ts";

export interface S3ServerOptions {
  /** Made where it is missing; readable by its owner alone. One server at a time. */
  readonly dataDir: string;
  /** Default 127.0.0.1: nobody but this machine. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Keys beside those of the data directory's keys file. */
  readonly keys?: readonly KeyGrant[];
  /** Where anybody may get objects (never list them) without a key, beside what the keys file says. */
  readonly anonymous?: readonly Place[];
  readonly profile?: ProviderProfile;
  /** Called once for each request, when its answer is known. */
  readonly log?: (entry: LogEntry) => void;
  /** Told of failures of the server itself (a broken disk, a bad keys file), of which clients learn only "internal error". */
  readonly onFailure?: (cause: unknown) => void;
  readonly clock?: ServerClock;
  /** `"any"` (default): pages of any origin may send requests, which need a signature all the same; `"bucket"`: only by a bucket's own rules. */
  readonly cors?: "any" | "bucket";
  /** Hosts of the form `BUCKET.domain` name a bucket. Default `localhost`. */
  readonly domain?: string;
  /** False: do not wait for the disk; a power cut may then lose answered writes, a kill still may not. Default true. */
  readonly durable?: boolean;
  /** Most bytes of one PUT. Default 5 GiB. */
  readonly maxObjectBytes?: number;
  /** Milliseconds without a byte after which a connection is closed. Default 60,000. */
  readonly idleTimeout?: number;
  readonly signal?: AbortSignal;
}

export interface S3Server {
  /** Such as `http://127.0.0.1:9000`: how programs on this machine reach it. */
  readonly url: string;
  readonly port: number;
  /** Makes a bucket with a write key and a get-only key, or answers with those it has. @throws S3ServerError `bad-bucket-name`, … */
  addMailbox(name: string, options?: { readonly signal?: AbortSignal }): Promise<MailboxKeys>;
  /** Lets running requests end for a second, then breaks them off. Resolves when the port is free. */
  close(): Promise<void>;
}

const headersMs = 20_000;
const graceMs = 1000;
const maxConnections = 1024;
/** Whole requests may take long: 5 GiB over a home's line. */
const requestMs = 12 * 60 * 60 * 1000;
const staleTempMs = 60 * 60 * 1000;
const staleUploadMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Starts to listen; resolves when the server is ready.
 * @throws S3ServerError `data-dir-unusable`, `data-dir-in-use`, `address-in-use`, `cannot-listen`.
 */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  options.signal?.throwIfAborted();
  const { dataDir, host = "127.0.0.1", clock = systemClock } = options;
  const settings = await prepareDataDir(dataDir, options.durable ?? true);
  const unlock = await lockDirectory(dataDir);
  try {
    const uploads = new UploadStore(dataDir, settings);
    await sweep(settings, uploads, clock);
    const server = createHttpServer(options, settings, uploads, clock);
    await listen(server, host, options.port ?? 0);
    const { port } = server.address() as AddressInfo;
    const url = `http://${reachable(host)}:${port}`;
    await writeFile(join(dataDir, "url"), `${url}\n`, { mode: 0o600 });
    return {
      url,
      port,
      addMailbox: (name, mailboxOptions) => createMailbox(dataDir, name, { clock, ...mailboxOptions }),
      close: () => close(server, clock).finally(unlock),
    };
  } catch (cause) {
    unlock();
    throw cause;
  }
}

function createHttpServer(options: S3ServerOptions, disk: DiskSettings, uploads: UploadStore, clock: ServerClock): Server {
  const profile = options.profile ?? {};
  const seed = profile.seed ?? Buffer.from(systemRandomBytes(4)).readUInt32BE(0);
  const maxObjectBytes = options.maxObjectBytes ?? defaultMaxObjectBytes;
  const idleTimeout = options.idleTimeout ?? 60_000;
  const requestIds = countedIds();
  const settings = {
    services: { objects: new ObjectStore(options.dataDir, disk), uploads, clock, profile, maxObjectBytes },
    keys: new KeyRing(options.dataDir, { keys: options.keys ?? [], anonymous: options.anonymous ?? [] }, clock),
    faults: new Faults(profile, clock, seed),
    cors: options.cors ?? ("any" as const),
    domain: options.domain ?? "localhost",
    idleTimeout,
    newRequestId: requestIds,
    log: options.log,
    onFailure: options.onFailure,
  };
  const server = createServer({
    keepAlive: true,
    noDelay: true,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: 5000,
    keepAliveTimeout: 30_000,
    maxHeaderSize: 16 * 1024,
  });
  const handle: RequestListener = (request, response) => void respond(settings, request, response);
  server.on("request", handle);
  // Taken over from Node, so that a body is asked for only after the request was let in.
  server.on("checkContinue", handle);
  server.on("clientError", (cause: Error, socket: Socket) => refuseGarbage(cause, socket, clock));
  server.maxConnections = maxConnections;
  server.timeout = idleTimeout;
  return server;
}

/** Ids that tell a server's run and a request in it: cheaper than fresh randomness for each. */
function countedIds(): () => string {
  const run = Buffer.from(systemRandomBytes(6)).toString("hex").toUpperCase();
  let count = 0;
  return () => {
    count += 1;
    return `${run}${count.toString(16).toUpperCase().padStart(8, "0")}`;
  };
}

/** What is no HTTP, or too much of it, has no response object to answer with. */
function refuseGarbage(cause: Error, socket: Socket, clock: ServerClock): void {
  if (!socket.writable || hasCode(cause, "ECONNRESET")) {
    socket.destroy();
    return;
  }
  const [status, message] = garbageStatus(cause);
  const body = encodeXml("Error", { Code: "BadRequest", Message: message });
  const date = new Date(clock.now()).toUTCString();
  const headers = ["Content-Type: application/xml", `Content-Length: ${Buffer.byteLength(body)}`, `Date: ${date}`, "Connection: close"];
  socket.end([`HTTP/1.1 ${status}`, ...headers, "", body].join("\r\n"));
}

function garbageStatus(cause: Error): readonly [string, string] {
  if (hasCode(cause, "HPE_HEADER_OVERFLOW")) return ["431 Request Header Fields Too Large", "Your headers are too large."];
  if (hasCode(cause, "ERR_HTTP_REQUEST_TIMEOUT")) return ["408 Request Timeout", "Your request took too long."];
  return ["400 Bad Request", "This is no valid HTTP request."];
}

/** A host as it stands in a URL; a server that listens everywhere is reached here by loopback. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (cause) {
    if (hasCode(cause, "EADDRINUSE")) {
      throw new S3ServerError("address-in-use", `Another program listens on ${host}:${port} already; choose another port.`, { cause });
    }
    throw new S3ServerError("cannot-listen", `The server cannot listen on ${host}:${port}.`, { cause });
  }
}

async function close(server: Server, clock: ServerClock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const over = new AbortController();
  const grace = clock.sleep(graceMs, over.signal).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  await closed;
  over.abort();
  await grace;
}

/** Removes what killed servers left over. Only old files: another process may be making a mailbox right now. */
async function sweep(settings: DiskSettings, uploads: UploadStore, clock: ServerClock): Promise<void> {
  const now = clock.now();
  for (const name of await readdir(settings.tempDir)) {
    const path = join(settings.tempDir, name);
    const made = await stat(path).catch(() => undefined);
    if (made && made.mtimeMs < now - staleTempMs) await rm(path, { recursive: true, force: true });
  }
  await uploads.sweep(now - staleUploadMs);
}
