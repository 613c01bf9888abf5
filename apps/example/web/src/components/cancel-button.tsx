/** Leaves a form without any change. */
export function CancelButton({ onCancel }: { readonly onCancel: () => void }) {
  return (
    <button type="button" className="plain" onClick={onCancel}>
      Cancel
    </button>
  );
}
