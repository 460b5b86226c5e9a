/*
 * The canonical layout of a policy file.  Only white space changes: every token and every comment stays as it was
 * written, to the byte.
 *
 *   - Lines end in LF, the last one, too; no blanks at their ends; no blank line at the beginning or end of the file
 *     or of a block, at most one in a row elsewhere.
 *   - A statement a line.  What stands in a block is indented by a tab, `}` is not.  One blank around operators,
 *     behind `,` and `:`, before `{`; none before `,` `:` `;`, around `.`, inside ( ), around `|` between names.
 *   - `=` of `let` and `set` in lines that follow each other stands in one column; comments between them do not part
 *     them, a blank line does.  Comments behind code do the same with everything that follows each other at one depth.
 *     What is more than SPOL_ALIGN_SPREAD columns longer than the shortest takes no part.
 *   - A line has at most SPOL_LINE_MAX columns (a tab has 8; a comment does not count) where it can be broken: before
 *     `else`, which then stands below the first verb; before `and` and `or`, below the condition; behind the commas of
 *     a list, below its first member; then before messages and other operators.  Arms that do not fit a line break
 *     before each `else`, everything else as late as possible; an `and` or `or` behind an operand of several lines
 *     begins a line, too.  What would stand too far to the right is indented by a tab more than what it continues.
 *   - The author's choice stays: a line break before `else`, `and`, `or`, behind the comma of a list, behind the `:`
 *     before a verb and the `=` of a definition; a block on one line, as long as it fits and no statement in it begins
 *     on a line of its own.
 *   - A comment stays behind the token that it stood behind, or on a line of its own before the same token, indented
 *     as that is (before `}` as the block is).  Blanks at its end go.
 *   - Which tokens share a line with a `# spolc:allow`, or follow one that has a line of its own, does not change:
 *     what it allows is the same before and after.
 *
 * What comes out, put in again, comes out as it is.
 */
#ifndef SPOL_FMT_H
#define SPOL_FMT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

#define SPOL_LINE_MAX     120 /* columns */
#define SPOL_ALIGN_SPREAD 32  /* columns */

/*
 * Appends source number file of d in canonical layout to out.  0: done.  -1: d has errors (E0xxx; it should hold none
 * before), out is as it was: a text that does not parse has no layout.
 */
int spol_format(struct diags *d, uint32_t file, struct arena *arena, struct buf *out);

#endif
