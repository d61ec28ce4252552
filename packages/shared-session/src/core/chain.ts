import { type CipherSuite, concat, type Secret, secret, u8, u32 } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import { type Path, toPath } from "@cweb/storage-remote";
import type { Epoch } from "./epoch.ts";
import { idBytes, memberBytes } from "./ids.ts";
import { maxSkipped } from "./limits.ts";
import type { Chain, Chains } from "./records.ts";

const messageKeyInput = u8(1);
const chainKeyInput = u8(2);

/** CK ‖ NK of every sender at once (SPEC §4), so that the epoch's key can be erased. */
export function startChains(crypto: CipherSuite, epoch: Epoch, epochKey: Uint8Array, own: CwebId): Chains {
  const context = idBytes(epoch.epoch);
  const chains = epoch.members.map((member): Chain => {
    const keys = crypto.derive(epochKey, "ss/sender", concat(context, member.idBytes), 64);
    return { chainKey: secret(keys.subarray(0, 32)), nameKey: secret(keys.subarray(32)), n: 0, skipped: [] };
  });
  const index = epoch.members.findIndex(({ id }) => id === own);
  return { closedDays: null, own: index < 0 ? null : index, chains };
}

/** Where message `n` of a chain stands. */
export const messagePath = (crypto: CipherSuite, chain: Chain, n: number): Path => toPath(crypto.name(chain.nameKey, u32(n)));

export interface Taken {
  readonly chain: Chain;
  readonly messageKey: Secret;
  readonly consumed: readonly Uint8Array[];
}

/** The key of message `n`, once; `undefined` where it was taken before, or lies further ahead than keys are kept. */
export function takeKey(crypto: CipherSuite, chain: Chain, n: number): Taken | undefined {
  if (n < chain.n) {
    const found = chain.skipped.find((one) => one.n === n);
    if (!found) return undefined;
    return { chain: { ...chain, skipped: chain.skipped.filter((one) => one !== found) }, messageKey: found.key, consumed: [found.key] };
  }
  if (n - chain.n + chain.skipped.length > maxSkipped) return undefined;
  const consumed: Uint8Array[] = [];
  const skipped = [...chain.skipped];
  let { chainKey } = chain;
  for (let at = chain.n; ; at++) {
    const messageKey = crypto.mac(chainKey, messageKeyInput);
    consumed.push(chainKey);
    chainKey = crypto.mac(chainKey, chainKeyInput);
    if (at === n) return { chain: { ...chain, chainKey, n: n + 1, skipped }, messageKey, consumed: [...consumed, messageKey] };
    skipped.push({ n: at, key: messageKey });
  }
}

export const associatedData = (epoch: Epoch, sender: CwebId, n: number): Uint8Array =>
  concat(idBytes(epoch.groupId), idBytes(epoch.epoch), memberBytes(sender), u32(n));

/** All that must be erased with the chains of an epoch. */
export const chainSecrets = ({ chains }: Chains): readonly Uint8Array[] =>
  chains.flatMap(({ chainKey, nameKey, skipped }) => [chainKey, nameKey, ...skipped.map(({ key }) => key)]);
