//! The pages as a browser meets them: rights, forms, languages, one whole case.
#![allow(missing_docs)]
