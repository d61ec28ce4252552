/** What people read: numbers and strangers' words, made fit for a terminal. */

/** Without control characters and reversed writing: they could rewrite the terminal, or a name. */
export const word = (value: unknown): string => String(value ?? "").replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd");

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** 999 B, 1.5 kB, 64 MB: three digits at most, in powers of 1,000. */
export function bytesText(bytes: number): string {
  const power = Math.max(
    0,
    units.findIndex((_, i) => bytes < 999.5 * 1000 ** i),
  );
  const value = bytes / 1000 ** power;
  const digits = power === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[power]}`;
}

/** 40 s, 3 min, 2 h 5 min: of milliseconds, rounded up. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.ceil(hours / 24)} days`;
}
