import type { VerificationAnswer, VerificationCheck, VerificationStart, Verifier } from '../src/delivery/verifier.js';

/** A provider that verifies addresses, in memory: an address has one verification at a time, with one code. */
export class TestVerifier implements Verifier {
  readonly name = 'test';
  readonly rejectionMs: number = 0;
  readonly started: VerificationStart[] = [];
  readonly checked: VerificationCheck[] = [];
  /** What the next requests fail with. */
  fault: Error | undefined;
  /** Whether each start has a verification of its own, with a code of its own. */
  isSeparate = false;
  /** Whether a verification can be verified again. */
  isForgetful = false;
  readonly #running = new Map<string, { readonly to: string; readonly code: string }>();

  async start(start: VerificationStart): Promise<{ id: string }> {
    this.started.push(start);
    if (this.fault !== undefined) throw this.fault;
    const same = this.isSeparate ? undefined : [...this.#running].find(([, { to }]) => to === start.to);
    if (same !== undefined) return { id: same[0] };
    const id = `verification-${this.started.length}`;
    this.#running.set(id, { to: start.to, code: String(100_000 + this.started.length) });
    return { id };
  }

  async check({ id, to, code, ...rest }: VerificationCheck): Promise<VerificationAnswer> {
    this.checked.push({ id, to, code, ...rest });
    if (this.fault !== undefined) throw this.fault;
    const running = this.#running.get(id);
    if (running?.to !== to) return 'gone';
    if (running.code !== code) return 'wrong';
    if (!this.isForgetful) this.#running.delete(id);
    return 'right';
  }

  /** The code of the verification that was started last. */
  codeOf(address: string): string {
    return [...this.#running.values()].findLast(({ to }) => to === address)?.code ?? 'none';
  }
}
