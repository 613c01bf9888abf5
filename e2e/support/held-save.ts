import { cloudCode } from './cloud-code.js';

/** A save that waits in a trigger of the application. */
export interface HeldSave {
  /** Resolves when the save has come to the trigger. */
  readonly arrived: Promise<void>;
  /** Lets the save go on. */
  readonly open: () => void;
}

/** Holds the next save of a user up in a trigger of the application, which runs after ours. */
export function holdNextSave(): HeldSave {
  let [open, arrive] = [(): void => undefined, (): void => undefined];
  const opened = new Promise<void>((resolve) => (open = resolve));
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  let isHeld = true;
  cloudCode().Cloud.beforeSave('_User', async () => {
    if (!isHeld) return;
    isHeld = false;
    arrive();
    await opened;
  });
  return { arrived, open: () => open() };
}
