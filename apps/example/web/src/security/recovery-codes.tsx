import { useEffect, useRef, useState } from 'react';

/** Shows new recovery codes, with buttons to copy, download and print them. The server never shows them again. */
export function RecoveryCodes({ codes, onKept }: { readonly codes: readonly string[]; readonly onKept: () => void }) {
  const [isCopied, setCopied] = useState(false);
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), []);
  const text = `${codes.join('\n')}\n`;
  return (
    <section ref={box} tabIndex={-1} className="codes" aria-labelledby="codes">
      <h4 id="codes">Your new recovery codes</h4>
      <p>Store them in a safe place. You cannot see them again. Older recovery codes no longer work.</p>
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
