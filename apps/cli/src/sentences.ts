import type { Line } from "./line.ts";
import { bytesText, word } from "./phrases.ts";

/** Results for people. */

const time = (value: unknown): string => {
  if (typeof value !== "number") return "never";
  const at = new Date(value);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
};

const again = (line: Line): string => (line.redelivered ? " (again)" : "");

const size = (value: unknown): string => (typeof value === "number" ? bytesText(value) : "size unknown yet");

const names = (value: unknown): string => (Array.isArray(value) && value.length > 0 ? value.map(word).join(", ") : "nobody");

function fileReceived({ id, file }: Line): string {
  const { name, size: bytes, mime } = file as { readonly name: string; readonly size: number; readonly mime: string };
  return `a file, ${word(name)} (${size(bytes)}${mime === "" ? "" : `, ${word(mime)}`}). Get it: cweb fetch ${word(id)}`;
}

function fileState({ state, done, total, to }: Line): string {
  if (state === "published") return `shared with ${names(to)}`;
  return state === "uploading" ? `not whole yet: ${size(done)} of ${size(total)}` : word(state);
}

/** What a program put there may be long, and have line ends. */
function valueText({ value, payload }: Line): string {
  if (typeof payload === "string") return size(Buffer.byteLength(payload, "base64"));
  return value === null ? "not known" : word(value);
}

function object(line: Line): string {
  const whose = `${word(line.owner)}/${word(line.name)}`;
  if (line.subscribers !== undefined) return `${whose}  ${line.state === "deleted" ? "deleted" : `read by ${names(line.subscribers)}`}`;
  const state = line.state === "current" ? "" : ` (${word(line.state)})`;
  return "value" in line || "payload" in line ? `${whose}${state}: ${valueText(line)}${again(line)}` : `${whose}${state}`;
}

function property(value: unknown): string {
  const { mime, size: bytes, payload } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof mime === "string") return `${word(mime)}, ${size(bytes)} (--picture FILE of cweb profile show writes it)`;
  if (typeof payload === "string") return size(Buffer.byteLength(payload, "base64"));
  return typeof value === "string" ? word(value) : word(JSON.stringify(value));
}

function profile(line: Line): string {
  const own = line.contact === "me";
  const title = own ? `Your profile ${word(line.profile)}, seen by ${names(line.subscribers)}` : word(line.contact);
  const state = own || line.state === "current" ? "" : ` (${word(line.state)})`;
  const rows = Object.entries(line.properties as Readonly<Record<string, unknown>>);
  return [`${title}${state}${again(line)}`, ...rows.map(([name, value]) => `  ${word(name)}: ${property(value)}`)].join("\n");
}

type Sentence = (line: Line) => string;

const roomTrouble = (line: Line): string => {
  const where = line.store === undefined ? "" : ` (${word(line.store)})`;
  return `[${word(line.room)}] ${word(line.from)}: ${word(line.message)}${where}${again(line)}`;
};

interface RoomRows {
  readonly missing: readonly {
    readonly from: string;
    readonly n: number;
    readonly since: number;
    readonly state: string;
    readonly store: string;
  }[];
  readonly alarms: readonly { readonly code: string; readonly contact: string; readonly store: string; readonly since: number }[];
}

function room(line: Line): string {
  const { missing, alarms } = line as unknown as RoomRows;
  const state = line.state === "member" ? "" : ` (${word(line.state)})`;
  return [
    `${word(line.name)}${state}  epoch ${word(line.epoch)}, admin ${word(line.admin)}, members: ${names(line.members)}`,
    ...missing.map(
      ({ from, n, since, state: how, store }) => `  ${how}: message ${n} of ${word(from)}, since ${time(since)}, ${word(store)}`,
    ),
    ...alarms.map(({ code, contact, store, since }) => `  ! ${word(contact)}: ${code} since ${time(since)}, ${word(store)}`),
  ].join("\n");
}

const sentences: Readonly<Record<string, Sentence>> = {
  identity: (line) => `Your Cweb Id is ${word(line.id)}.\nYour card, one line for everyone who shall write to you:\n${word(line.card)}`,
  card: (line) => (line.qr === undefined ? word(line.card) : `${String(line.qr)}\n${word(line.card)}`),
  contact: (line) => {
    const state = line.state === "pending" ? "not online yet" : word(line.state);
    return `${word(line.name)}  ${word(line.id)}  ${state}${line.verified ? ", verified" : ""}`;
  },
  "safety-number": (line) => {
    const verified = line.verified ? "verified" : `not verified: compare by voice, then: cweb verify ${word(line.name)} --confirm NUMBER`;
    return `${word(line.digits)}\n${verified}`;
  },
  room,
  "room-invited": (line) => `${word(line.room)}: ${word(line.from)} has invited you.${again(line)}`,
  "room-joined": (line) => `${word(line.room)}: ${word(line.message)}${again(line)}`,
  "room-removed": (line) => `${word(line.room)}: ${word(line.message)}${again(line)}`,
  "room-admin": (line) => `${word(line.room)}: ${word(line.admin)} is the admin now.${again(line)}`,
  "room-members": (line) => `${word(line.room)}: ${word(line.member)} was ${word(line.change)}.${again(line)}`,
  "room-withheld": roomTrouble,
  "room-recovered": roomTrouble,
  "room-withdrawn": roomTrouble,
  "room-refused": roomTrouble,
  sent: (line) =>
    line.state === "published" ? `Sent to ${word(line.to)}.` : `Kept for ${word(line.to)}: it is sent as soon as there is a network.`,
  message: (line) => {
    const where = line.room === undefined ? "" : `[${word(line.room)}] `;
    const readers = Array.isArray(line.receivedBy) ? ` (received by ${names(line.receivedBy)})` : "";
    const what = line.file === undefined ? word(line.text) : fileReceived(line);
    return `${time(line.sentAt)} ${where}${word(line.from)}: ${what}${readers}${again(line)}`;
  },
  shared: (line) =>
    `Shared ${word(line.name)} (${size(line.size)}) with ${names(line.to)}. File ${word(line.fileId)}\n${word(line.reference)}`,
  file: (line) => `${word(line.fileId)}  ${word(line.name)}  ${size(line.size)}  ${fileState(line)}`,
  fetched: (line) => `${word(line.path)}  ${size(line.size)}  sha256 ${word(line.sha256)}`,
  delivered: (line) => `Delivered to ${word(line.to)}: ${word(line.id)}${again(line)}`,
  undelivered: (line) => `Not delivered to ${word(line.to)}: ${word(line.id)} (${word(line.reason)})${again(line)}`,
  unconfirmed: (line) => `Nobody knows whether ${word(line.to)} received ${word(line.id)} (${word(line.reason)})${again(line)}`,
  alarm: (line) =>
    `! ${line.room === undefined ? "" : `[${word(line.room)}] `}${word(line.contact)}: ${word(line.message)} (${word(line.code)}, ${word(line.store)})${again(line)}`,
  round: (line) => {
    const { get, put, delete: removed } = line.requests as Record<string, number>;
    return `· round ${word(line.n)}: ${get} GET, ${put} PUT, ${removed} DELETE`;
  },
  object,
  profile,
  status: status,
};

interface ContactLine {
  readonly name: string;
  readonly verified: boolean;
  readonly session: string;
  readonly queued: number;
  readonly unacknowledged: number;
  readonly lastHeardAt: number | null;
  readonly missing: readonly number[];
  readonly alarms: readonly { readonly code: string; readonly since: number }[];
}

function status(line: Line): string {
  const outbox = line.outbox as { queued: number; unacknowledged: number };
  const slots = line.slots as { used: number; queued: number };
  const requests = line.requests as Record<string, number>;
  const { get, put, delete: removed, list, bytesIn, bytesOut } = requests;
  return [
    `Cweb Id   ${word(line.id)}`,
    `Outbox    ${outbox.queued} waiting, ${outbox.unacknowledged} not acknowledged; slots: ${slots.used} used, ${slots.queued} waiting`,
    `Requests  ${get} GET, ${put} PUT, ${removed} DELETE, ${list} LIST; ${bytesIn} bytes in, ${bytesOut} out`,
    ...(line.contacts as readonly ContactLine[]).flatMap(contactLines),
  ].join("\n");
}

function contactLines({ name, verified, session, queued, unacknowledged, lastHeardAt, missing, alarms }: ContactLine): readonly string[] {
  const lost = missing.length > 0 ? `, ${missing.length} missing` : "";
  return [
    `${word(name)}${verified ? " (verified)" : ""}: session ${session}, ${queued} waiting, ${unacknowledged} not acknowledged${lost}, last heard ${time(lastHeardAt)}`,
    ...alarms.map(({ code, since }) => `  ! ${code} since ${time(since)}`),
  ];
}

export function sentence(line: Line): string {
  const make = sentences[line.type];
  return make ? make(line) : `${word(line.contact)}: ${word(line.message)}${again(line)}`;
}
