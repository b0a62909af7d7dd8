//! Microphone and speaker for Exeunt, over cpal
