pub mod har;
