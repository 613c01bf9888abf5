/** Buttons of which one is chosen. */
export function Segments<Choice extends string>({
  label,
  choices,
  chosen,
  onChoose,
}: {
  /** What is chosen, for screen readers. */
  readonly label: string;
  /** Each choice with the text of its button. */
  readonly choices: readonly (readonly [Choice, string])[];
  readonly chosen: Choice;
  readonly onChoose: (choice: Choice) => void;
}) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {choices.map(([each, text]) => (
        <button key={each} type="button" aria-pressed={chosen === each} onClick={() => onChoose(each)}>
          {text}
        </button>
      ))}
    </div>
  );
}
