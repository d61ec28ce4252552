import { concat, equal } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import { type Epoch, indexOf, type Member, memberOf } from "../core/epoch.ts";
import { idBytes } from "../core/ids.ts";
import { maxMembers } from "../core/limits.ts";
import type { RoomDraft } from "../room-draft.ts";
import { tryDecode } from "../wire/decode.ts";
import { vouchCodec } from "../wire/recovery.ts";

/** How members see that a signing key is its member's own, without a session between any two (SPEC §4.4). Both ends can make a tag: deniable. */

/** 16 bytes for `reader` by `sender`, whose X25519 keys are `own` and `other`; `undefined` for a key of small order. */
function tagOf(draft: RoomDraft, sender: Member, reader: Member, otherKey: Uint8Array): Uint8Array | undefined {
  const { crypto } = draft;
  const shared = crypto.x25519.agree(draft.tools.own.agreement.privateKey, otherKey);
  if (!shared) return undefined;
  const context = concat(idBytes(draft.head.groupId), sender.idBytes, reader.idBytes);
  return crypto.mac(crypto.derive(shared, "ss/auth", context, 32), sender.gspk).slice(0, 16);
}

const agreementKey = ({ idKeys }: Member): Uint8Array => idKeys.subarray(32, 64);

/** Tags for all members of an epoch, in its order. */
export function makeVouch(draft: RoomDraft, epoch: Epoch): Uint8Array {
  const own = memberOf(epoch, draft.own) as Member;
  const none = new Uint8Array(16);
  const tags = epoch.members.map((member) => {
    const tag = member.id === own.id ? undefined : tagOf(draft, own, member, agreementKey(member));
    return tag ? new Uint8Array(tag) : none;
  });
  return vouchCodec.encode({ tags });
}

/** Whether somebody in the epoch has not had a tag for the present key yet. */
export function owesVouch(draft: RoomDraft, epoch: Epoch): boolean {
  return epoch.members.some(({ id }) => id !== draft.own && !draft.head.vouchedFor.includes(id));
}

export function takeVouch(draft: RoomDraft, epoch: Epoch, from: CwebId, payload: Uint8Array): void {
  const sender = memberOf(epoch, from);
  const own = memberOf(epoch, draft.own);
  const tags = tryDecode(vouchCodec, payload)?.tags;
  const tag = tags?.[indexOf(epoch, draft.own)];
  if (!sender || !own || !tag || tags.length !== epoch.members.length || from === draft.own) return;
  const expected = tagOf(draft, sender, own, agreementKey(sender));
  if (!expected || !equal(expected, tag)) return;
  const others = draft.head.vouched.filter(({ member }) => member !== from);
  draft.set({ vouched: [...others, { member: from, gspk: sender.gspk }].slice(-maxMembers) });
}
