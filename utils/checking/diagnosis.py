def diagnose(exercise, results):
    return None
