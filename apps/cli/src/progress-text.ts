import type { Progress } from "@cweb/file-sharing";
import { bytesText, durationText, word } from "./phrases.ts";

const widest = 30;
/** Narrower than this, a bar says nothing. */
const narrowest = 8;

/** One line of at most `columns` characters: name, bar, how far, how fast, how long still. */
export function progressText(name: string, progress: Progress, columns: number): string {
  const { done, total, rate, left } = progress;
  const share = total === undefined ? undefined : total === 0 ? 1 : Math.min(1, done / total);
  const facts = [
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`.padStart(5)]),
    total === undefined ? bytesText(done) : `${bytesText(done)} of ${bytesText(total)}`,
    ...(rate > 0 ? [`${bytesText(rate)}/s`] : []),
    ...(left !== undefined && left > 0 ? [`${durationText(left)} left`] : []),
  ].join("  ");
  const label = shortened(word(name), 28);
  const room = columns - 1 - facts.length - label.length - 4;
  if (share === undefined || room < narrowest) return cut(`${label}  ${facts}`, columns - 1);
  const width = Math.min(widest, room);
  const full = Math.floor(share * width);
  return `${label}  ${"█".repeat(full)}${"░".repeat(width - full)}  ${facts}`;
}

/** The beginning and the end, where a name's ending is. */
function shortened(text: string, most: number): string {
  const letters = [...text.replaceAll(/\s+/g, " ")];
  return letters.length <= most ? letters.join("") : [...letters.slice(0, most - 11), "…", ...letters.slice(-10)].join("");
}

const cut = (text: string, most: number): string => [...text].slice(0, Math.max(0, most)).join("");
