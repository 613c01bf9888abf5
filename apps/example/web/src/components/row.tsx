import type { ReactNode } from 'react';

/** A list item with a name and a state, and more content below. */
export function Row({
  name,
  state,
  isOn,
  children,
}: {
  readonly name: string;
  readonly state: string;
  readonly isOn: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className="row">
      <div className="head">
        <h3>{name}</h3>
        <p className={isOn ? 'state on' : 'state'}>{state}</p>
      </div>
      {children}
    </li>
  );
}
