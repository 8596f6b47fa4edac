import { expect, test } from "vitest";
import { createMetadataTrust } from "../../../src/archive/task/metadata-trust.ts";
import type { ObjectInfo } from "../../../src/objects/bucket.ts";

const info = (headers: Record<string, string>): ObjectInfo => ({ status: 200, headers });
const owned = info({ "x-cos-meta-owner": "someone" });
const plain = info({ etag: "e" });

test("asks until an object that has metadata is seen, and then no more where the reply brought it", () => {
  const trust = createMetadataTrust();
  expect(trust.asks()).toBe(true);
  trust.learn(plain, plain);
  expect(trust.asks()).toBe(true);
  trust.learn(owned, owned);
  expect(trust.asks()).toBe(false);
});

test("goes on asking for ever once a reply lacked what its object has", () => {
  const trust = createMetadataTrust();
  trust.learn(owned, owned);
  trust.learn(owned, plain);
  trust.learn(owned, owned);
  expect(trust.asks()).toBe(true);
});

test("asks for ever where it is said that replies lack it, also of a bucket without any", () => {
  const trust = createMetadataTrust({ bringsMetadata: false, contradicted: () => expect.fail() });
  for (let n = 0; n < 30; n++) trust.learn(plain, plain);
  trust.learn(owned, plain);
  expect(trust.asks()).toBe(true);
});

test("notices a reply that brings what it is said to lack, once, and believes the replies from then on", () => {
  let told = 0;
  const trust = createMetadataTrust({ bringsMetadata: false, contradicted: () => void told++ });
  trust.learn(owned, owned);
  expect([trust.asks(), told]).toEqual([false, 1]);
  trust.learn(owned, plain);
  trust.learn(owned, owned);
  expect([trust.asks(), told]).toEqual([true, 1]);
});

test("takes nothing for granted because it is said that replies bring it", () => {
  expect(createMetadataTrust({ bringsMetadata: true, contradicted: () => expect.fail() }).asks()).toBe(true);
});

test("takes a bucket whose first twenty objects have no metadata to have none", () => {
  const trust = createMetadataTrust();
  for (let n = 0; n < 19; n++) trust.learn(plain, plain);
  expect(trust.asks()).toBe(true);
  trust.learn(plain, plain);
  expect(trust.asks()).toBe(false);
});

const unexpected = { contradicted: () => expect.fail(), deaf: () => expect.fail() };

test("a HEAD that is refused was to be expected where that was found, which is told once; then none is asked", () => {
  let told = 0;
  const trust = createMetadataTrust({ ...unexpected, refusesHead: true, deaf: () => void told++ });
  expect(trust.asks()).toBe(true);
  expect([trust.headRefused?.(), trust.headRefused?.(), trust.asks(), told]).toEqual([true, true, false, 1]);
});

test("it was not where nothing was found, nor where replies lack what no HEAD would tell then", () => {
  for (const said of [{}, { refusesHead: false }, { refusesHead: true, bringsMetadata: false }]) {
    const trust = createMetadataTrust({ ...unexpected, ...said });
    expect([trust.headRefused?.(), trust.asks()]).toEqual([false, true]);
  }
});

// Findings of another bucket, by mistake.
test("a HEAD that comes all the same is told once, and a refusal after it is one", () => {
  const told: string[] = [];
  const trust = createMetadataTrust({ ...unexpected, refusesHead: true, contradicted: (by) => told.push(by) });
  trust.learn(owned, owned);
  trust.learn(owned, owned);
  expect([told, trust.headRefused?.()]).toEqual([["head"], false]);
});
