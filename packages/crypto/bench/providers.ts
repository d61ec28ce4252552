// Processor time of an operation for each provider, in interleaved rounds (medians): node --conditions=@cweb/source bench/providers.ts

import type { CipherSuite } from "../src/cipher-suite.ts";
import { systemRandom } from "../src/index.ts";
import { libsodiumSuite } from "../src/libsodium.ts";
import { nobleSuite } from "../src/noble.ts";
import { nodeSuite } from "../src/node.ts";

const random = systemRandom;
const rounds = 7;
const budget = 25; // milliseconds an operation, provider and round

function operations(suite: CipherSuite): Record<string, () => unknown> {
  const key = random.bytes(32);
  const header = new Uint8Array(2312);
  const body = new Uint8Array(1600);
  const sealed = suite.seal("dr/msg", key, key, body, random);
  const own = suite.x25519.generate(random);
  const peer = suite.x25519.generate(random);
  const kem = suite.mlKem768.generate(random);
  const broadcast = suite.hpke.generate(random);
  const ciphertext = suite.mlKem768.encapsulate(kem.publicKey, random)?.ciphertext as Uint8Array;
  const enc = suite.hpke.setupSender(broadcast.publicKey, key, random)?.enc as Uint8Array;
  const signature = suite.ed25519.sign(key, "desc", body);
  const signer = suite.ed25519.publicKey(key);
  return {
    "HMAC of 40 B": () => suite.mac(key, key),
    "SEAL 1.6 kB": () => suite.seal("dr/msg", key, key, body, random),
    "OPEN 1.6 kB": () => suite.open("dr/msg", key, key, sealed),
    "X25519 key pair": () => suite.x25519.generate(random),
    "X25519 agreement": () => suite.x25519.agree(own.privateKey, peer.publicKey),
    "ML-KEM key pair": () => suite.mlKem768.generate(random),
    "ML-KEM encapsulation": () => suite.mlKem768.encapsulate(kem.publicKey, random),
    "ML-KEM decapsulation": () => suite.mlKem768.decapsulate(kem.privateKey, ciphertext),
    "HPKE receiver, trial of one entry": () => suite.hpke.setupReceiver(broadcast.privateKey, enc, key)?.export(key, 32),
    "HPKE sender": () => suite.hpke.setupSender(broadcast.publicKey, key, random)?.export(key, 32),
    "Ed25519 signature": () => suite.ed25519.sign(key, "desc", body),
    "Ed25519 verification": () => suite.ed25519.verify(signer, "desc", body, signature),
    // Two root steps, two key pairs, a KEM each way, header and body sealed and opened: what a ping-pong message needs.
    "one ratchet turn": () => {
      const pair = suite.x25519.generate(random);
      const next = suite.mlKem768.generate(random);
      const secret = suite.mlKem768.encapsulate(kem.publicKey, random);
      const sent = suite.extractAndExpand(key, suite.x25519.agree(pair.privateKey, peer.publicKey) as Uint8Array, "dr/root", key, 128);
      const received = suite.extractAndExpand(key, suite.x25519.agree(peer.privateKey, pair.publicKey) as Uint8Array, "dr/root", key, 128);
      suite.mlKem768.decapsulate(kem.privateKey, secret?.ciphertext as Uint8Array);
      for (let i = 0; i < 4; i++) suite.mac(sent.subarray(0, 32), key);
      const head = suite.seal("dr/hdr", sent.subarray(0, 32), key, header, random);
      const object = suite.seal("dr/msg", received.subarray(0, 32), key, body, random);
      suite.open("dr/hdr", sent.subarray(0, 32), key, head);
      suite.open("dr/msg", received.subarray(0, 32), key, object);
      return next;
    },
  };
}

/** Microseconds of processor time: other work on the machine counts less than on the clock. */
function measure(run: () => unknown): number {
  run();
  const start = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  for (; performance.now() - start < budget; count++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const suites = [nobleSuite, await libsodiumSuite(), nodeSuite];
const tables = suites.map(operations);
const names = Object.keys(tables[0] as object);
const samples = names.map(() => suites.map((): number[] => []));
for (let round = 0; round < rounds; round++) {
  for (const [i, name] of names.entries()) {
    for (const [j, table] of tables.entries()) samples[i]?.[j]?.push(measure(table[name] as () => unknown));
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
console.log(`µs of processor time an operation, medians of ${rounds} interleaved rounds, Node ${process.version}`);
console.log(["".padEnd(34), ...suites.map(({ provider }) => provider.padStart(10))].join(""));
for (const [i, name] of names.entries()) {
  console.log([name.padEnd(34), ...(samples[i] ?? []).map((values) => median(values).toFixed(1).padStart(10))].join(""));
}
