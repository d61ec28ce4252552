/** The label registry: the only source of labels. Every label stands once, under `cweb/v1/` (SPEC "Labels"). */
export const hashLabels = ["id", "next", "session", "slot", "device", "so/head", "ss/t", "ss/gk", "ss/id"] as const;
export const publicNameLabels = ["name/descriptor", "name/slot"] as const;
export const deriveLabels = [
  "id-ed",
  "id-x",
  "beacon/name",
  "beacon/enc",
  "dr/init",
  "dr/root",
  "oneoff",
  "oneoff/name",
  "oneoff/enc",
  "so/name",
  "so/enc",
  "file/name",
  "file/enc",
  "ss/sender",
  "ss/auth",
  "ss/osk",
] as const;
export const signLabels = ["desc", "succ", "so/sig", "ss/sig", "ss/accept"] as const;
export const chachaSealLabels = ["beacon", "dr/hdr", "dr/msg", "oneoff", "oneoff/box", "so", "ss/msg"] as const;
export const aesSealLabels = ["file/chunk", "file/page", "file/root"] as const;

export type HashLabel = (typeof hashLabels)[number];
export type PublicNameLabel = (typeof publicNameLabels)[number];
export type DeriveLabel = (typeof deriveLabels)[number];
export type SignLabel = (typeof signLabels)[number];
export type SealLabel = (typeof chachaSealLabels)[number] | (typeof aesSealLabels)[number];
/** The labels whose cipher is AES-256-GCM, which every WebCrypto has. */
export type BulkSealLabel = (typeof aesSealLabels)[number];
