import type { ParseCloud, SaveRequest, TriggerRequest } from '@parse-factors/core';

/** Registers a trigger, as `Parse.Cloud` takes it: with options or a function that validate a request. */
type Register<Request> = (trigger: (request: Request) => unknown, validator?: unknown) => void;
type RegisterFor<Request> = (className: unknown, trigger: (request: Request) => unknown, validator?: unknown) => void;

/** `Parse`, as the server's own Cloud Code gets it; the parts that tests use. */
export interface CloudCode extends ParseCloud {
  readonly User: unknown;
  readonly Error: new (code: number, message: string) => Error;
  readonly Cloud: ParseCloud['Cloud'] & {
    readonly beforeSave: RegisterFor<SaveRequest>;
    readonly afterSave: RegisterFor<SaveRequest>;
    readonly afterDelete: RegisterFor<TriggerRequest>;
    readonly beforeLogin: Register<TriggerRequest>;
    readonly afterLogin: Register<TriggerRequest>;
  };
}

/** That of the server that was started last. */
export const cloudCode = (): CloudCode => (globalThis as unknown as { readonly Parse: CloudCode }).Parse;

/** Drops all triggers and functions, as an application's own code can. */
export const removeAllHooks = (): void => (Reflect.get(cloudCode().Cloud, '_removeAllHooks') as () => void)();
