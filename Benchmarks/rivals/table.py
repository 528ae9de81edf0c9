"""Medians of the runs, as Markdown."""
import statistics


def medians(rows):
    """The median of each figure over the runs of a tool and a work."""
    groups = {}
    for row in rows:
        groups.setdefault((row["work"], row["tool"]), []).append(row)
    result = []
    for (work, tool), runs in groups.items():
        done = [run for run in runs if "failed" not in run]
        entry = {"work": work, "tool": tool, "title": runs[0]["title"], "runs": len(done),
                 "failures": [run["failed"] for run in runs if "failed" in run]}
        for key in (done[0] if done else {}):
            if isinstance(done[0][key], (int, float)) and key != "run":
                entry[key] = statistics.median(run[key] for run in done)
                if key == "seconds":
                    entry["least"] = min(run[key] for run in done)
                    entry["most"] = max(run[key] for run in done)
        result.append(entry)
    return result


def markdown(entries):
    lines = ["| work | tool | runs | seconds (least to most) | durable | wire, kB to B / to A "
             "| CPU s, A / B | peak RSS MiB, A / B |",
             "|---|---|---:|---:|---:|---:|---:|---:|"]
    for entry in entries:
        if "seconds" not in entry:
            why = entry["failures"][0].splitlines()[-1][:60] if entry["failures"] else ""
            lines.append(f"| {entry['title']} | {entry['tool']} | 0 | not done: {why} | | | | |")
            continue
        durable = entry.get("durable_seconds")
        lines.append(
            f"| {entry['title']} | {entry['tool']} | {entry['runs']} "
            f"| {entry['seconds']:.3f} ({entry['least']:.3f} to {entry['most']:.3f}) "
            f"| {'' if durable is None else f'{durable:.3f}'} "
            f"| {entry['wire_A'] / 1000:,.0f} / {entry['wire_B'] / 1000:,.0f} "
            f"| {entry['cpu_A']:.2f} / {entry['cpu_B']:.2f} "
            f"| {entry['memory_A'] / 2**20:.0f} / {entry['memory_B'] / 2**20:.0f} |")
    return "\n".join(lines) + "\n"
