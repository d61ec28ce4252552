import { type CipherSuite, compare, concat, u8 } from "@cweb/crypto";
import { type Card, type CwebId, DiscoveryError, encodeId, parseCard } from "@cweb/discovery";
import { tryDecode } from "../wire/decode.ts";
import { type EpochFields, epochCodec, type ListedMember } from "../wire/epoch.ts";
import { type EpochId, toEpochId } from "./ids.ts";

export interface Member extends ListedMember {
  readonly id: CwebId;
  readonly idBytes: Uint8Array;
  /** The encoded read profile of the member's bucket. */
  readonly profile: Uint8Array;
}

/** E_e, read and found sound. */
export interface Epoch extends Omit<EpochFields, "members"> {
  /** T_e. */
  readonly epoch: EpochId;
  /** E_e as it was hashed. */
  readonly bytes: Uint8Array;
  readonly members: readonly Member[];
}

/** The id that these keys open, or `undefined` (suite 1). */
export const idOfKeys = (crypto: CipherSuite, idKeys: Uint8Array): CwebId => encodeId(crypto.hash("id", concat(u8(1), idKeys)));

function readCard(text: string): Card | undefined {
  try {
    return parseCard(text);
  } catch (error) {
    if (error instanceof DiscoveryError) return undefined;
    throw error;
  }
}

/** A member whose card and keys belong together; `undefined` otherwise. */
export function readMember(crypto: CipherSuite, listed: ListedMember): Member | undefined {
  const card = readCard(listed.card);
  if (!card || idOfKeys(crypto, listed.idKeys) !== card.id) return undefined;
  return { ...listed, id: card.id, idBytes: card.idBytes, profile: card.profile };
}

/** Reads E (SPEC §3.1): members by id, each once, with keys that open their ids; signing keys differ. `undefined` for anything else. */
export function readEpoch(crypto: CipherSuite, bytes: Uint8Array): Epoch | undefined {
  const fields = tryDecode(epochCodec, bytes);
  const members = fields?.members.map((listed) => readMember(crypto, listed));
  if (!fields || !members?.every((member) => member !== undefined)) return undefined;
  const sorted = members.every((member, i) => i === 0 || compare((members[i - 1] as Member).idBytes, member.idBytes) < 0);
  const keys = new Set(members.map(({ gspk }) => gspk.join()));
  if (!sorted || keys.size !== members.length || members.some(({ joinedEpoch }) => joinedEpoch > fields.e)) return undefined;
  return { ...fields, members, bytes, epoch: toEpochId(crypto.hash("ss/t", bytes)) };
}

/** The place of a member, -1 where there is none. */
export const indexOf = ({ members }: Epoch, id: CwebId): number => members.findIndex((member) => member.id === id);
export const memberOf = ({ members }: Epoch, id: CwebId): Member | undefined => members.find((member) => member.id === id);
/** Who is in `epoch` and not, or not for the same stay, in `other`. */
export function differing(epoch: Epoch, other: Epoch): readonly CwebId[] {
  const stays = new Map(other.members.map(({ id, joinedEpoch }) => [id, joinedEpoch]));
  return epoch.members.filter(({ id, joinedEpoch }) => stays.get(id) !== joinedEpoch).map(({ id }) => id);
}
