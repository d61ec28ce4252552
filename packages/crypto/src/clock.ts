/** The only source of time of every Cweb package. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z, as an integer. */
  now(): number;
  /** Resolves after `milliseconds`; rejects with `signal.reason` when aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
