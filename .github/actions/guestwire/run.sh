#!/usr/bin/env bash
# Plays PASS with ARGUMENTS (one a line), writes four reports into the directory REPORTS, and puts the one in Markdown
# into the job's summary. Ends with guestwire's own exit code.
set -euo pipefail
arguments=()
while IFS= read -r argument; do
  [ -z "$argument" ] || arguments+=("$argument")
done <<< "${ARGUMENTS:-}"

mkdir -p "$REPORTS"
rm -f "$REPORTS"/{junit.xml,ctrf.json,summary.md,report.html}
code=0
guestwire run "$PASS" ${arguments[@]+"${arguments[@]}"} --report "junit=$REPORTS/junit.xml" --report "ctrf=$REPORTS/ctrf.json" \
  --report "md=$REPORTS/summary.md" --report "html=$REPORTS/report.html" || code=$?

if [ -f "$REPORTS/summary.md" ]; then
  cat "$REPORTS/summary.md" >> "$GITHUB_STEP_SUMMARY"
else
  echo "guestwire ended with exit code $code and wrote no report." >> "$GITHUB_STEP_SUMMARY"
fi
echo "junit=$REPORTS/junit.xml" >> "$GITHUB_OUTPUT"
exit "$code"
