import { useEffect, useState, type ReactNode } from 'react';

/**
 * A live region that announces what has happened. Screen readers announce only changes to an element that already
 * exists. So the element starts empty, and becomes empty again before it repeats a text.
 */
export function Status({
  children,
  version,
  className,
}: {
  readonly children: ReactNode;
  /** Change this value to announce the content again. */
  readonly version?: unknown;
  readonly className?: string;
}) {
  const [said, setSaid] = useState<{ readonly version: unknown }>();
  useEffect(() => setSaid({ version }), [version]);
  return (
    <p role="status" className={className}>
      {said !== undefined && said.version === version && children}
    </p>
  );
}
