"""How an index begins: an empty catalogue inside an open transaction, in a folder that may hold an older one."""

from pathlib import Path
from uuid import uuid4

import numpy as np

from codesearch.errors import CorruptIndexError
from codesearch.storage.catalog import CATALOG_NAME, Catalog, remove_catalog
from codesearch.storage.derived import unused_vectors_number
from codesearch.storage.rows import Generation, IndexInfo, NewIndex
from codesearch.storage.schema import FORMAT_VERSION
from codesearch.storage.statistics import start_statistics
from codesearch.storage.table_sums import start_sums
from codesearch.storage.vectors import vectors_name


def open_for_creation(folder: Path) -> Catalog:
    """Open a catalogue for a new index, replacing one that is damaged."""
    if (folder / CATALOG_NAME).exists():
        catalog: Catalog | None = None
        try:
            catalog = Catalog.open_writer(folder)
            if catalog.is_sound():
                return catalog
        except CorruptIndexError:
            pass
        if catalog is not None:
            catalog.close()
        remove_catalog(folder)
    return Catalog.open_writer(folder)


def first_generation(folder: Path, catalog: Catalog, new: NewIndex) -> Generation:
    """Make empty tables inside an open transaction; generations of an index that is replaced go on counting."""
    catalog.begin("IMMEDIATE")
    number = catalog.read_revision().generation
    catalog.make_tables()
    start_statistics(catalog)
    start_sums(catalog)
    catalog.write_array("cuts", np.array(sorted({*new.encoder.coarse_dims, new.encoder.dim}), dtype="<u4"))
    info = IndexInfo(
        root=new.root,
        index_id=uuid4().hex,
        git_identity=new.git_identity,
        generation=number,
        format_version=FORMAT_VERSION,
        n_files=0,
        n_chunks=0,
        complete=False,
        files_done=0,
        files_todo=None,
        checked_at=None,
        created_at="",
        updated_at="",
        max_file_bytes=new.max_file_bytes,
        encoder_name=new.encoder.name,
        encoder_identity=new.encoder.identity,
        encoder_engine=new.encoder.engine,
        encoder_summary=new.encoder.summary,
        dim=new.encoder.dim,
        coarse_dim=new.coarse_dim,
        n_rows=0,
        template_version=new.template_version,
        tokenizer_version=new.tokenizer_version,
        root_place=new.root_place,
        granularities=new.granularities,
    )
    return Generation(info, vectors_name(unused_vectors_number(folder)), None, None, 1, 1)
