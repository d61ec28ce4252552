import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** One bucket of the server, with its owner's keys. */
export interface Bucket {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Requests since the last count. */
export interface Counts {
  readonly get: number;
  readonly put: number;
  /** PUTs that were answered 200, and how many names they had. */
  readonly stored: number;
  readonly paths: number;
  readonly list: number;
}

export type Contender = "ours" | "plain" | "rclone" | "restic";

interface Greeting {
  readonly url: string;
  readonly mailboxes: readonly {
    readonly bucket: string;
    readonly write: { readonly accessKeyId: string; readonly secretAccessKey: string };
  }[];
}

/** The server of `server-process.ts`. */
export class SharedServer {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #greeting: Greeting | undefined;

  private constructor(process: ChildProcess) {
    if (process.stdout === null) throw new Error("the server has no output");
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  static async start(): Promise<SharedServer> {
    const script = fileURLToPath(new URL("server-process.ts", import.meta.url));
    const server = new SharedServer(
      spawn(process.execPath, ["--conditions=@cweb/source", "--disable-warning=ExperimentalWarning", script], {
        stdio: ["pipe", "pipe", "inherit"],
      }),
    );
    server.#greeting = (await server.#line()) as Greeting;
    return server;
  }

  async #line(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the server has ended");
    return JSON.parse(value);
  }

  bucketOf(contender: Contender): Bucket {
    const mailbox = this.#greeting?.mailboxes.find(({ bucket }) => bucket.endsWith(contender));
    if (this.#greeting === undefined || mailbox === undefined) throw new Error(`no bucket for ${contender}`);
    return { endpoint: this.#greeting.url, bucket: mailbox.bucket, ...mailbox.write };
  }

  async count(): Promise<Counts> {
    this.#process.stdin?.write("count\n");
    return (await this.#line()) as Counts;
  }

  async empty({ bucket }: Bucket): Promise<void> {
    this.#process.stdin?.write(`empty ${bucket}\n`);
    await this.#line();
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin?.end();
    await ended;
  }
}
