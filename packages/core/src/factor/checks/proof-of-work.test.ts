import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MINUTE, NEWER_KEY, OLDER_KEY, outcomeOf, type StagedContext, stagedContext } from '../../../test/unit-stage.js';
import { Keyring } from '../../crypto/keyring.js';
import { CLOCK_TOLERANCE_MS } from '../../store/otp-store.js';
import { proofOfWork, type ProofOfWorkOptions } from './proof-of-work.js';

const HEADER = 'x-parse-factors-proof';

/** Finds a solution, as a client does. */
function solve(challenge: string, bits: number, from = 0): string {
  for (let nonce = from; ; nonce += 1) {
    const text = `${challenge}.${nonce}`;
    const digest = createHash('sha256').update(text).digest();
    if (digest.readUInt32BE() >>> (32 - bits) === 0) return text;
  }
}

/** A text with fewer zero bits. */
function solveNot(challenge: string, bits: number): string {
  for (let nonce = 0; ; nonce += 1) {
    const text = `${challenge}.${nonce}`;
    if (createHash('sha256').update(text).digest().readUInt32BE() >>> (32 - bits) !== 0) return text;
  }
}

class Stage {
  readonly context: StagedContext;
  readonly #work: ReturnType<typeof proofOfWork>;

  constructor(options: ProofOfWorkOptions = {}, context: StagedContext = stagedContext()) {
    this.context = context;
    this.#work = proofOfWork({ bits: 8, ...options });
  }

  async challenge(given: Partial<StagedContext> = {}): Promise<Readonly<Record<string, string>>> {
    return (await this.#work.challenge?.({ ...this.context, ...given })) ?? {};
  }

  async solved(given: Partial<StagedContext> = {}): Promise<string> {
    const { challenge = '', bits = '' } = await this.challenge(given);
    return solve(challenge, Number(bits));
  }

  check(proof: unknown, given: Partial<StagedContext> = {}): unknown {
    return this.#work.check({ ...this.context, ...given, headers: { [HEADER]: proof as string } });
  }
}

describe('a proof of work', () => {
  it('is accepted once, and no other solution of its challenge is', async () => {
    const stage = new Stage();
    const { challenge = '', bits, expiresAt, header } = await stage.challenge();
    expect({ bits, expiresAt, header }).toEqual({
      bits: '8',
      expiresAt: new Date(stage.context.clock() + 2 * MINUTE).toISOString(),
      header: HEADER,
    });
    const first = solve(challenge, 8);
    const other = solve(challenge, 8, Number(first.slice(first.lastIndexOf('.') + 1)) + 1);
    const outcomes = await Promise.all([first, first, first, other].map((proof) => stage.check(proof)));
    expect(outcomes.filter((outcome) => outcome === true)).toHaveLength(1);
  });

  it('writes nothing until it is right', async () => {
    const stage = new Stage({}, stagedContext({ store: undefined as never, ip: undefined as never }));
    const { challenge = '' } = await stage.challenge();
    expect(await stage.check(solveNot(challenge, 8))).toBe(false);
    await expect(stage.check(solve(challenge, 8))).rejects.toThrow(TypeError); // only now the store is asked
  });

  it('is of one application, one factor and one network', async () => {
    const stage = new Stage();
    const proof = await stage.solved();
    for (const other of [
      { appId: 'other' },
      { key: 'email' },
      { ip: '192.0.3.7' },
      { ip: '2001:db8::1' },
      { ip: undefined as never },
    ])
      expect(await stage.check(proof, other)).toBe(false);
    expect(await stage.check(proof, { ip: '192.0.2.200' })).toBe(true); // the same /24
  });

  it('may come from another address of an IPv6 /64', async () => {
    const stage = new Stage();
    const proof = await stage.solved({ ip: '2001:db8:0:1::1' });
    expect(await stage.check(proof, { ip: '2001:db8:0:2::1' })).toBe(false);
    expect(await stage.check(proof, { ip: '2001:db8:0:1:ffff::2' })).toBe(true);
  });

  it('is made of a challenge of this server: each part of it is bound', async () => {
    const stage = new Stage({ bits: 10 });
    const { challenge = '' } = await stage.challenge();
    const [version, bits, expiry, salt = '', name, digest = ''] = challenge.split('.');
    const changed = [
      ['1', '8', expiry, salt, name, digest],
      ['2', bits, expiry, salt, name, digest],
      [version, bits, (Number.parseInt(String(expiry), 36) + 1).toString(36), salt, name, digest],
      [version, bits, expiry, (salt.startsWith('A') ? 'B' : 'A') + salt.slice(1), name, digest],
      [version, bits, expiry, salt, 'other', digest],
      [version, bits, expiry, salt, name, (digest.startsWith('A') ? 'B' : 'A') + digest.slice(1)],
    ];
    for (const parts of changed) expect(await stage.check(solve(parts.join('.'), 10))).toBe(false);
    expect(await stage.check(solve(challenge, 10))).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a list', ['a', 'b']],
    ['another text', 'abc'],
    ['dots', '1.8.a.b.c.d.0'],
    ['a long text', '1.8.'.padEnd(10_000, '0')],
  ])('is not %s', async (_what, proof) => {
    expect(await new Stage().check(proof)).toBe(false);
  });

  it.each([
    ['twice, as servers join headers', (proof: string) => `${proof}, ${proof}`],
    ['with a space', (proof: string) => `${proof} `],
    ['with a line break', (proof: string) => `${proof}\n`],
    ['with a sign', (proof: string) => proof.replace(/\.(\d+)$/, '.+$1')],
  ])('is not sent %s', async (_what, change) => {
    const stage = new Stage();
    expect(await stage.check(change(await stage.solved()))).toBe(false);
  });

  it('expires after two minutes, on servers whose clocks differ too', async () => {
    const stage = new Stage();
    const proof = await stage.solved();
    const now = stage.context.clock();
    const at = (time: number): unknown => stage.check(proof, { clock: Object.assign(() => time, stage.context.clock) });
    expect(await at(now + 2 * MINUTE)).toBe(false);
    expect(await at(now - CLOCK_TOLERANCE_MS - 1)).toBe(false);
    expect(await at(now + 2 * MINUTE - 1)).toBe(true);
    stage.context.clock.advance(2 * MINUTE + CLOCK_TOLERANCE_MS - 1); // the store's clock
    expect(await at(now + MINUTE)).toBe(false); // a clock that is late does not accept it again
  });

  it('survives a rotation of keys', async () => {
    const stage = new Stage();
    const proof = await stage.solved();
    expect(await stage.check(proof, { keyring: new Keyring(NEWER_KEY) })).toBe(false);
    expect(await stage.check(proof, { keyring: new Keyring(`${NEWER_KEY},${OLDER_KEY}`) })).toBe(true);
  });

  it('takes more work the more challenges a network asks for, up to the most', async () => {
    const stage = new Stage({ maxBits: 12, challengesPerNetwork: 2 });
    const asked = async (ip: string, count: number): Promise<string> => {
      const bits: string[] = [];
      for (let index = 0; index < count; index += 1) bits.push((await stage.challenge({ ip })).bits ?? '');
      return bits.join(' ');
    };
    expect(await asked('192.0.2.1', 1)).toBe('8');
    expect(await asked('192.0.2.2', 12)).toBe('8 10 10 10 10 10 10 10 10 12 12 12');
    expect(await asked('192.0.3.1', 1)).toBe('8');
    stage.context.clock.advance(10 * MINUTE);
    expect(await asked('192.0.2.1', 1)).toBe('8');
    expect(await stage.check(await stage.solved())).toBe(true);
  });

  it.each([
    [{ bits: 7 }, 'bits'],
    [{ bits: 25 }, 'bits'],
    [{ bits: 20, maxBits: 19 }, 'maxBits'],
    [{ maxBits: 25 }, 'maxBits'],
    [{ challengesPerNetwork: 0 }, 'challengesPerNetwork'],
    [{ header: 'X-Proof' }, 'header'],
  ])('does not take %j', async (options, name) => {
    expect(await outcomeOf(() => proofOfWork(options))).toContain(`proofOfWork: option "${name}" must be`);
  });
});
