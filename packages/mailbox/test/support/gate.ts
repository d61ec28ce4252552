/** Something that happens when it is told to. */
export interface Gate {
  /** Resolves when somebody has come to it. */
  readonly reached: Promise<void>;
  /** Waits until it is opened. */
  pass(): Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const opened = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    pass: () => {
      reached.resolve();
      return opened.promise;
    },
    open: () => opened.resolve(),
  };
}
