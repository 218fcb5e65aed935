//! intake
mod cell; mod grid; mod file; mod value; mod layout;
