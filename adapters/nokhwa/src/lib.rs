//! Camera for Exeunt, over nokhwa
