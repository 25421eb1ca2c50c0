r"""Which formulas TeX may be given as they are: those that only set mathematics.

A formula of a title is a program to TeX: ``\input`` reads a file, ``\write18`` runs a command,
``\def`` changes what comes after it, and ``%`` takes the rest of the line away. So commands are
known by name, those of LaTeX and amsmath that titles have; what is not known is not let through.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(r"\\([A-Za-z]+|.?)", re.DOTALL)
_ACTIVE = re.compile(r"[%#&]|\^\^")
"""``^^5c`` is a backslash to TeX (The TeXbook, chapter 8)."""

_NAMES = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu
xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega digamma Gamma Delta Theta
Lambda Xi Pi Sigma Upsilon Phi Psi Omega aleph beth hbar hslash ell wp Re Im imath jmath partial
nabla infty emptyset varnothing forall exists nexists neg lnot top bot angle triangle Box square
blacksquare Diamond diamond lozenge star bigstar ast circ bullet degree prime backprime dagger
ddagger S P sharp flat natural clubsuit spadesuit heartsuit pm mp times div cdot oplus ominus otimes
oslash odot wedge vee land lor cap cup setminus sqcap sqcup uplus amalg wr ltimes rtimes bowtie
boxplus boxtimes bigcirc leq le geq ge ll gg lll ggg neq ne equiv sim simeq approx cong propto asymp
doteq models prec succ preceq succeq parallel nparallel mid nmid perp in notin ni subset supset
subseteq supseteq subsetneq supsetneq nsubseteq sqsubseteq sqsupseteq vdash dashv lesssim gtrsim
leqslant geqslant lessgtr approxeq triangleq coloneqq eqqcolon trianglelefteq triangleright
triangleleft to gets leftarrow rightarrow leftrightarrow Leftarrow Rightarrow Leftrightarrow uparrow
downarrow updownarrow Uparrow Downarrow mapsto longmapsto longrightarrow longleftarrow
Longrightarrow Longleftarrow longleftrightarrow iff implies impliedby hookrightarrow hookleftarrow
nearrow searrow swarrow nwarrow rightharpoonup rightleftharpoons leadsto rightsquigarrow
twoheadrightarrow xrightarrow xleftarrow sum prod coprod int iint iiint oint bigcap bigcup bigoplus
bigotimes bigvee bigwedge bigsqcup lim limsup liminf sup inf max min arg argmax argmin det dim ker
deg gcd hom log ln lg exp sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan Pr bmod
pmod mod frac dfrac tfrac cfrac binom tbinom dbinom sqrt over choose stackrel overset underset
operatorname limits nolimits displaystyle textstyle scriptstyle scriptscriptstyle hat widehat tilde
widetilde bar overline underline vec dot ddot acute grave breve check mathring overrightarrow
overleftarrow overbrace underbrace boxed phantom mathrm mathbf mathit mathsf mathtt mathcal mathbb
mathfrak mathscr mathnormal boldsymbol bm pmb rm bf it sf tt cal text textrm textbf textit textsf
texttt textsc textup mbox emph textsuperscript textsubscript ensuremath left right middle big Big
bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr langle rangle lfloor rfloor lceil rceil lbrace
rbrace lbrack rbrack vert Vert lvert rvert lVert rVert backslash ldots cdots vdots ddots dots dotsc
colon quad qquad
"""
_KNOWN = frozenset(_NAMES.split()) | frozenset(",;:!> {}|_%&#$")


def only_sets(tex: str) -> bool:
    """Whether a formula, without its dollars, does nothing but set mathematics."""
    rest = _COMMAND.sub(" ", tex)
    named = all(name in _KNOWN for name in _COMMAND.findall(tex))
    return named and not _ACTIVE.search(rest) and _balanced(tex)


def _balanced(text: str) -> bool:
    """Counted as BibTeX does, for which a brace after a backslash is one, too."""
    depth = 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0
