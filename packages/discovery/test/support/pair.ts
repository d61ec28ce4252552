import { VirtualClock } from "@cweb/crypto/testing";
import { fetchFrom, type Home, openHome } from "./home.ts";

/** Alice knows Bob's card; Bob has published. */
export async function pair(): Promise<{ readonly alice: Home; readonly bob: Home; readonly clock: VirtualClock }> {
  const clock = new VirtualClock();
  const alice = await openHome({ seed: 1, clock });
  const bob = await openHome({ seed: 2, clock });
  await bob.round();
  await alice.round();
  await alice.discovery.addContact(alice.discovery.parseCard(await bob.discovery.card()));
  return { alice, bob, clock };
}

/** The same, and Alice has pinned Bob's descriptor. */
export async function acquainted(): ReturnType<typeof pair> {
  const both = await pair();
  await fetchFrom(both.alice, both.bob);
  return both;
}
