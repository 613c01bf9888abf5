import { escapeHtml } from '../validation/escape-html.js';

/** What an email shows. */
export interface MailContent {
  readonly language: string;
  readonly subject: string;
  readonly appName: string | undefined;
  readonly lines: readonly string[];
  /** Shown by itself, after the first line. */
  readonly code?: string;
}

export const paragraph = (html: string, style: string): string => `<p style="margin:0 0 16px;${style}">${html}</p>`;

/**
 * Returns an email of a few lines, readable in light and dark mode. It loads nothing from other servers and contains
 * no links.
 */
export function mailHtml({ language, subject, appName, lines, code }: MailContent): string {
  const [first = '', ...others] = lines.map((line) => paragraph(escapeHtml(line), ''));
  const name = appName === undefined ? '' : paragraph(escapeHtml(appName), 'font-weight:600');
  const box = 'padding:16px;border-radius:8px;background:rgba(128,128,128,.14);text-align:center;';
  const digits = `<span dir="ltr">${escapeHtml(code ?? '')}</span>`;
  const shown = code && paragraph(digits, `${box}font:600 32px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:6px`);
  return `<!doctype html>
<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>:root { color-scheme: light dark; }</style>
<title>${escapeHtml(subject)}</title>
</head>
<body style="margin:0;padding:32px 16px">
<div style="max-width:432px;margin:0 auto;padding:24px 24px 8px;border:1px solid rgba(128,128,128,.35);border-radius:12px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
${[name, first, shown, ...others].filter(Boolean).join('\n')}
</div>
</body>
</html>
`;
}
