import { systemClock } from "@cweb/crypto";
import type { Progress } from "@cweb/file-sharing";
import type { Output } from "./output.ts";
import { word } from "./phrases.ts";
import { progressText } from "./progress-text.ts";

/** In ms. Programs get a line a second at most; the eye sees ten a second as motion. */
const lineInterval = 1000;
const barInterval = 100;

/** Standard error, where a terminal that does not know its size has the usual one. */
const screen = {
  isTTY: true,
  get columns(): number {
    return process.stderr.columns || 80;
  },
  get rows(): number {
    return process.stderr.rows || 24;
  },
  write: (text: string): boolean => process.stderr.write(text),
} as const;

/** How far one transfer is: lines for programs, a bar on a terminal's standard error, nothing where nobody would see it. */
export class ProgressView {
  readonly #output: Output;
  readonly #file: string;
  readonly #stop: AbortController = new AbortController();
  #next = 0;
  #writing: Promise<void> = Promise.resolve();
  #bar: { (text: string): void; clear(): void } | undefined;

  private constructor(output: Output, file: string) {
    this.#output = output;
    this.#file = file;
  }

  /** `file` is the name that is shown. */
  static async open(output: Output, file: string): Promise<ProgressView> {
    const view = new ProgressView(output, file);
    // Loaded only where it is looked at: each command starts fast.
    if (!output.isJson && process.stderr.isTTY) {
      const { createLogUpdate } = await import("log-update");
      // The cursor stays: a process that is killed could not bring it back.
      view.#bar = createLogUpdate(screen as NodeJS.WriteStream, { showCursor: true });
      // Until something moves: a network that is not there shows only after a while.
      view.#bar(`${word(file)}  …`);
    }
    return view;
  }

  /** Aborted when nobody reads the lines any more: then the transfer ends, too. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  readonly report = (progress: Progress): void => {
    const now = systemClock.now();
    if (now < this.#next) return;
    if (this.#bar) {
      this.#next = now + barInterval;
      this.#bar(progressText(this.#file, progress, screen.columns));
    } else if (this.#output.isJson && progress.rate > 0) {
      // While a transfer that goes on finds what is there already, nothing has moved yet: the first line counts all of it.
      this.#next = now + lineInterval;
      const { done, total, rate } = progress;
      const line = { type: "progress", file: this.#file, done, total: total ?? null, rate: Math.round(rate) };
      this.#writing = this.#writing.then(() => this.#output.line(line)).catch((error) => this.#stop.abort(error));
    }
  };

  /** Takes the bar away, and waits until all lines have left. */
  async close(): Promise<void> {
    this.#bar?.clear();
    await this.#writing;
  }
}
