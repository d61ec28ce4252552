import { connect, createServer, type Socket } from "node:net";
import type { AtEnd } from "./cli.ts";

export interface LinkFaults {
  /** Each connection is cut after a random number of bytes around this many, both ways together. Default: never. */
  readonly cutAround?: number;
  /** Milliseconds before a new connection carries anything. */
  readonly latency?: number;
  /** Bytes a second, both ways and all connections together. */
  readonly bytesPerSecond?: number;
  readonly seed?: number;
}

export interface FaultyLink {
  readonly url: string;
  /** Connections cut so far. */
  readonly cuts: number;
  /** From the next connection on. */
  setFaults(faults: LinkFaults): void;
}

function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A bad network in front of a server: carries bytes as they are, `Host` included, and cuts connections in the middle. */
export async function faultyLink(target: string, first: LinkFaults, atEnd: AtEnd): Promise<FaultyLink> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const link = { faults: first, roll: dice(first.seed ?? 1), cuts: 0, freeAt: 0 };
  const delay = (bytes: number): number => {
    const { bytesPerSecond } = link.faults;
    if (bytesPerSecond === undefined) return 0;
    const now = performance.now();
    link.freeAt = Math.max(now, link.freeAt) + (bytes / bytesPerSecond) * 1000;
    return link.freeAt - now;
  };
  const join = (client: Socket): void => {
    const server = connect(Number(port), hostname);
    const { cutAround, latency = 0 } = link.faults;
    let left = cutAround === undefined ? Number.POSITIVE_INFINITY : cutAround * (0.02 + 2 * link.roll());
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    const carry = (from: Socket, to: Socket): void => {
      from.on("data", (bytes: Buffer) => {
        left -= bytes.length;
        if (left < 0) {
          link.cuts += 1;
          // A part of what was just sent still arrives.
          from.pause();
          to.write(bytes.subarray(0, Math.floor(bytes.length / 2)), end);
          return;
        }
        const wait = delay(bytes.length);
        if (!to.write(bytes) || wait > 0) {
          from.pause();
          const go = (): void => void from.resume();
          if (wait > 0) setTimeout(go, wait);
          else to.once("drain", go);
        }
      });
      from.on("end", () => to.end());
    };
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("error", end).on("close", () => {
        open.delete(socket);
        end();
      });
    }
    setTimeout(() => {
      carry(client, server);
      carry(server, client);
    }, latency);
  };
  const proxy = createServer(join);
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    for (const socket of open) socket.destroy();
    proxy.close();
  });
  const address = proxy.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    get cuts() {
      return link.cuts;
    },
    setFaults(faults) {
      link.faults = faults;
      link.roll = dice(faults.seed ?? 1);
    },
  };
}
