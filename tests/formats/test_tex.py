from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scitex_io import load, save

FRAME = pd.DataFrame({"p_value": [0.05, None], "note": ["50 % & more", r"\alpha {x} ~^ <[]>"]})
TABLE = r"""\begin{tabular}{rl}
\toprule
p\_value & note \\
\midrule
0.05 & 50 \% \& more \\
 & \textbackslash{}alpha \{x\} \textasciitilde{}\textasciicircum{} \textless{}{[}{]}\textgreater{} \\
\bottomrule
\end{tabular}
"""


def test_a_frame_becomes_a_table_of_booktabs(tmp_path: Path) -> None:
    assert load(save(FRAME, tmp_path / "x.tex", on_loss="error")) == TABLE


def test_a_caption_and_label_make_it_float(tmp_path: Path) -> None:
    text = load(save(FRAME, tmp_path / "x.tex", caption="Rates & more", label="tab:rates_1"))

    begin = "\\begin{table}\n\\centering\n\\caption{Rates \\& more}\n\\label{tab:rates_1}\n"
    assert text == f"{begin}{TABLE}\\end{{table}}\n"


def test_cells_can_be_latex_already(tmp_path: Path) -> None:
    frame = pd.DataFrame({"$x_1$": [r"$\alpha$"]})

    assert "$x_1$ \\\\\n\\midrule\n$\\alpha$ \\\\" in load(save(frame, tmp_path / "x.tex", escape=False))


@pytest.mark.parametrize("options", [{}, {"longtable": True, "caption": "c", "label": "l"}, {"caption": "c"}])
def test_a_document_is_whole(options: dict[str, Any], tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "x.tex", document=True, float_format="%.1f", **options)

    text = load(path)
    assert text.startswith("\\documentclass{article}\n\\usepackage{booktabs}\n")
    assert text.endswith("\\end{document}\n")
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert ("\\usepackage{longtable}\n" in text) == ("\\endfirsthead" in text) == ("longtable" in options)
    if latex := shutil.which("pdflatex"):
        done = subprocess.run([latex, "-halt-on-error", path.name], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout


def test_text_is_still_text(tmp_path: Path) -> None:
    assert load(save("\\section{A}\n", tmp_path / "x.tex")) == "\\section{A}\n"
