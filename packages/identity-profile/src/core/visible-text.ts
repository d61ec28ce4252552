import { mapped, SerializationError, text, type WireType } from "@cweb/serialization";

type Ranges = readonly (readonly [first: number, last: number])[];

/** Controls, line and paragraph separators, and what reorders the text around it (SPEC §4.1). */
const unruly = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x2028, 0x2029],
  [0x202a, 0x202e],
  [0x2066, 0x2069],
] as const satisfies Ranges;

/**
 * What nobody sees: names that look alike could differ by it (SPEC §4.1). Not among them are the joiners, which Persian, the scripts of
 * India and emoji need, and the variation selectors, which emoji and Japanese names need.
 */
const invisible = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200b],
  [0x200e, 0x200f],
  [0x2060, 0x2065],
  [0x206a, 0x206f],
  [0x2800, 0x2800],
  [0x3164, 0x3164],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xe0000, 0xe00ff],
  [0xe01f0, 0xe0fff],
] as const satisfies Ranges;

const joiners = [[0x200c, 0x200d]] as const satisfies Ranges;

const isIn = (ranges: Ranges, character: string): boolean => {
  const point = character.codePointAt(0) ?? 0;
  return ranges.some(([first, last]) => first <= point && point <= last);
};

/** One line of at most `maxBytes` of UTF-8. One's own is trimmed when it is written; an untrimmed one is refused when it is read. */
function line(maxBytes: number, accepts: (characters: readonly string[]) => boolean): WireType<string> {
  const check = (line: string): string => {
    const characters = [...line];
    const isOneLine = line === line.trim() && !characters.some((character) => isIn(unruly, character));
    if (!isOneLine || !accepts(characters)) throw new SerializationError("schema", "expected one line of visible text");
    return line;
  };
  return mapped(text(maxBytes), check, (own) => (typeof own === "string" ? check(own.trim()) : own));
}

/** What a person is called: there is something to see, and nothing that cannot be seen. */
export const nameOf = (maxBytes: number): WireType<string> =>
  line(
    maxBytes,
    (characters) =>
      characters.some((character) => !isIn(joiners, character)) && !characters.some((character) => isIn(invisible, character)),
  );

/** A line that a person writes; may be empty. */
export const lineOf = (maxBytes: number): WireType<string> => line(maxBytes, () => true);
