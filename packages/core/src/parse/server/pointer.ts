/** A pointer as Parse Server stores and queries it. */
export const pointerTo = (objectId: string, className = '_User'): object => ({ __type: 'Pointer', className, objectId });
