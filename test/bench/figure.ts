/** One measured number; with a limit where the project has promised one. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** The value may be as large as this. */
  readonly limit?: number;
  readonly unit: string;
}

export const isWithin = ({ value, limit }: Figure): boolean => limit === undefined || value <= limit;
