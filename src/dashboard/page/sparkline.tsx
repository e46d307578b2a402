export interface SparklineProps {
  readonly values: readonly number[] | undefined;
  readonly width: number;
  readonly height: number;
  /** What the top of the drawing stands for at least: small noise must not look like a storm. */
  readonly leastTop: number;
  readonly kind: 'writes' | 'lag';
}

/** A line over the last ten minutes; what it says stands beside it in words. */
export function Sparkline({ values, width, height, leastTop, kind }: SparklineProps) {
  const top = Math.max(leastTop, ...(values ?? []));
  const step = width / Math.max(1, (values?.length ?? 1) - 1);
  const y = (value: number) => (height - 1 - (value / top) * (height - 2)).toFixed(1);
  const points = (values ?? [0, 0]).map((value, i) => `${(i * step).toFixed(1)},${y(value)}`);
  if (values === undefined) points[1] = `${width},${y(0)}`;
  return (
    <svg
      class={`sparkline ${kind}`}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`0,${height} ${points.join(' ')} ${width},${height}`} />
      <polyline points={points.join(' ')} />
    </svg>
  );
}
