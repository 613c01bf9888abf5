import { useEffect, useState, type ReactNode } from 'react';

/**
 * Says what has happened. Screen readers speak of what changes in a place that they know already, so it is empty at
 * first, and empty again before it says the same once more.
 */
export function Status({
  children,
  version,
  className,
}: {
  readonly children: ReactNode;
  /** Another one each time that something is said. */
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
