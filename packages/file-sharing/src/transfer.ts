import type { Clock, Random } from "@cweb/crypto";
import { StorageRemoteError } from "@cweb/storage-remote";
import { Pace } from "./core/pace.ts";
import { FileSharingError } from "./file-sharing-error.ts";

/** One piece of a transfer: answers how many bytes it moved. Run again, from its beginning, where the network failed. */
export type TransferTask = (signal: AbortSignal) => Promise<number>;

export interface TransferPoolOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Tasks at a time, at most. */
  readonly parallel: number;
  /**
   * Failures in a row, without any success between, after which the transfer gives up. Default 8: after 16 to 32 s of pauses. Half as many
   * before the first success: a network that is not there is told of soon.
   */
  readonly mostFailures?: number;
  readonly signal?: AbortSignal | undefined;
}

const defaultMostFailures = 8;
const firstDelay = 250;
const longestDelay = 30_000;

interface Started {
  /** Place in the order of pulling. */
  readonly place: number;
  readonly task: TransferTask;
}

const mayPass = (error: unknown): error is StorageRemoteError => error instanceof StorageRemoteError && error.retryable;

/**
 * Runs the tasks that `next` answers until it answers `undefined`; resolves when all are done. `next` is called one at a time and only
 * when there is room for one more. A task that fails with a `StorageRemoteError` that may pass runs again, before later ones, after a pause
 * of all that doubles with each failure in a row. Every other error ends the transfer, as does the signal: then the tasks under way are
 * aborted and waited for, so that nothing runs on. Throws `storage-failed`, what a task or `next` throws, or the signal's reason.
 */
export async function runTransfers(
  next: (signal: AbortSignal) => Promise<TransferTask | undefined>,
  options: TransferPoolOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  await new Pool(next, options).run();
}

/** One task by itself: under the same rules. */
export async function runTransfer<T>(
  task: (signal: AbortSignal) => Promise<T>,
  options: Omit<TransferPoolOptions, "parallel">,
): Promise<T> {
  let result: { readonly value: T } | undefined;
  const only: TransferTask = async (signal) => {
    result = { value: await task(signal) };
    return 0;
  };
  const tasks = [only];
  await runTransfers(async () => tasks.pop(), { ...options, parallel: 1 });
  return (result as unknown as { readonly value: T }).value;
}

class Pool {
  readonly #next: (signal: AbortSignal) => Promise<TransferTask | undefined>;
  readonly #options: TransferPoolOptions;
  readonly #pace: Pace;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running = new Set<Promise<void>>();
  /** Ordered by place: pulled or failed, and to be started. */
  #waiting: Started[] = [];
  #pulled = 0;
  #isPulling = false;
  #isPaused = false;
  #hasMoved = false;
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(next: (signal: AbortSignal) => Promise<TransferTask | undefined>, options: TransferPoolOptions) {
    this.#next = next;
    this.#options = options;
    this.#pace = new Pace(Math.max(1, options.parallel), options.clock.now());
    const { signal } = options;
    this.#signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
  }

  async run(): Promise<void> {
    const abort = (): void => this.#fail(this.#signal.reason);
    this.#signal.addEventListener("abort", abort, { once: true });
    try {
      while (this.#failure === undefined && !this.#isDone()) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#startWhatFits();
        await woken;
      }
    } finally {
      this.#signal.removeEventListener("abort", abort);
      this.#stop.abort(this.#failure?.error);
    }
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #isDone(): boolean {
    return this.#hasEnded && this.#running.size === 0 && this.#waiting.length === 0;
  }

  #startWhatFits(): void {
    while (!this.#isPaused && this.#running.size < this.#pace.width) {
      const started = this.#waiting.shift();
      if (started === undefined) break;
      this.#start(started);
    }
    const room = this.#pace.width - this.#running.size - this.#waiting.length;
    if (room > 0 && !this.#isPaused && !this.#isPulling && !this.#hasEnded) this.#pull();
  }

  #pull(): void {
    this.#isPulling = true;
    const pulled = async (): Promise<void> => {
      const task = await this.#next(this.#signal);
      this.#isPulling = false;
      if (task === undefined) this.#hasEnded = true;
      else this.#enqueue({ place: this.#pulled++, task });
      this.#wake();
    };
    pulled().catch((error: unknown) => this.#fail(error));
  }

  #enqueue(started: Started): void {
    const after = this.#waiting.findIndex(({ place }) => place > started.place);
    this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, started);
  }

  #start(started: Started): void {
    const { epoch } = this.#pace;
    const run = async (): Promise<void> => {
      try {
        const bytes = await started.task(this.#signal);
        this.#hasMoved = true;
        this.#pace.succeeded(bytes, this.#options.clock.now());
      } catch (error) {
        if (this.#failure === undefined) this.#judge(started, epoch, error);
      }
    };
    const running = run().then(() => {
      this.#running.delete(running);
      this.#wake();
    });
    this.#running.add(running);
  }

  #judge(started: Started, epoch: number, error: unknown): void {
    if (!mayPass(error)) {
      this.#fail(error instanceof StorageRemoteError ? storageFailed(error) : error);
      return;
    }
    this.#enqueue(started);
    const failures = this.#pace.failed(epoch, this.#options.clock.now());
    if (failures === undefined) return;
    const asked = error.retryAfter ?? 0;
    const { mostFailures = defaultMostFailures } = this.#options;
    const most = this.#hasMoved ? mostFailures : Math.ceil(mostFailures / 2);
    if (failures >= most || asked > longestDelay) this.#fail(storageFailed(error));
    else this.#pause(failures, asked);
  }

  /** Between half and all of a doubling delay: many clients of one store must not come back at once, nor any of them immediately. */
  #pause(failures: number, asked: number): void {
    const most = Math.min(longestDelay, firstDelay * 2 ** (failures - 1));
    const draw = new DataView(this.#options.random.bytes(4).buffer).getUint32(0) / 2 ** 32;
    this.#isPaused = true;
    this.#options.clock.sleep(asked + Math.ceil((most * (1 + draw)) / 2), this.#signal).then(
      () => {
        this.#isPaused = false;
        this.#wake();
      },
      () => undefined,
    );
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
    this.#wake();
  }
}

function storageFailed(cause: StorageRemoteError): FileSharingError {
  const message = `The storage failed during the transfer (${cause.code}); what has arrived is kept: start it again to go on.`;
  return new FileSharingError("storage-failed", message, { cause, retryable: cause.retryable });
}
