import { useEffect, useRef, useState, type ReactNode } from 'react';

/** Shows new recovery codes, with buttons to copy, download and print them. The server never shows them again. */
export function RecoveryCodes({
  codes,
  username,
  onKept,
  children,
}: {
  readonly codes: readonly string[];
  /** The user name, if the user must save it with the codes. */
  readonly username?: string;
  readonly onKept: () => void;
  /** What the codes are for. */
  readonly children: ReactNode;
}) {
  const [isCopied, setCopied] = useState(false);
  // On the security page the codes stand below the name of the factor, otherwise below the title of the page.
  const Heading = username === undefined ? 'h4' : 'h2';
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), []);
  const lines = username === undefined ? codes : [`Name: ${username}`, '', ...codes];
  const text = `${lines.join('\n')}\n`;
  return (
    <section ref={box} tabIndex={-1} className="codes" aria-labelledby="codes">
      <Heading id="codes">Your new recovery codes</Heading>
      {children}
      {username !== undefined && (
        <p>
          Name: <strong>{username}</strong>
        </p>
      )}
      <ol className="printed">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className="buttons">
        <button type="button" onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>
          Copy
        </button>
        <button type="button" onClick={() => save(text)}>
          Download
        </button>
        <button type="button" onClick={() => window.print()}>
          Print
        </button>
        <button type="button" className="primary" onClick={onKept}>
          I have saved them
        </button>
      </div>
      <p role="status" className="hint">
        {isCopied && 'Copied.'}
      </p>
    </section>
  );
}

function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'recovery-codes.txt';
  link.click();
  URL.revokeObjectURL(url);
}
