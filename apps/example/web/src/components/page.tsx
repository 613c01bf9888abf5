import { useEffect, useRef, type ReactNode } from 'react';

let isFirst = true;

/** A page with its title. After a change of pages the heading gets the focus, so that screen readers start there. */
export function Page({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const isTyping = document.activeElement instanceof HTMLInputElement;
    if (!isFirst && !isTyping) heading.current?.focus();
    isFirst = false;
  }, [title]);
  return (
    <main>
      <title>{`${title} · Example`}</title>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {lead !== undefined && <p className="lead">{lead}</p>}
      {children}
    </main>
  );
}
